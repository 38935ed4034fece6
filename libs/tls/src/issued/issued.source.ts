// A source whose certificates are signed for keys of our own, by ACME or a vault: serving starts from what is stored while the CA is
// down, renewal goes on in the background, and of several replicas on one folder one orders and all serve what it got.
import {
  readChain,
  remainingFraction,
  validateMaterial,
  type CertificateFacts,
  type CertificatePurpose,
} from '../certificate.facts.ts';
import type { CertificateMaterial, CertificateSource, RenewalState, SourceContext } from '../certificate.source.ts';
import { ERROR_AT } from '../expiry.alarm.ts';
import { watchFiles, type FileWatch } from '../file.watch.ts';
import { LockHeldError, withLock } from '../folder.lock.ts';
import { backOff, type BackOffOptions } from './back.off.ts';
import type { CertificateIssuer } from './certificate.issuer.ts';
import { IssuedStore, type Attempts } from './issued.store.ts';
import { IssuerError } from './issuer.error.ts';
import { withPatience } from './start.patience.ts';
import { orderInterval, renewalTime } from './renewal.plan.ts';

const [SOON_MS, OFTEN_MS] = [1_000, 60_000];
const DAY_MS = 86_400_000;

/** See {@link IssuedSource}. */
export interface IssuedSourceOptions {
  /** Where it is kept; this source's own. */
  readonly folder: string;
  readonly pollMs: number;
  readonly backOff: Pick<BackOffOptions, 'firstMs' | 'mostMs'>;
  readonly caFile?: string;
  readonly purpose?: CertificatePurpose;
  /** How long the start waits for a CA that does not answer, where nothing is stored, in milliseconds. */
  readonly startTimeoutMs: number;
}

type Stored = { readonly material: CertificateMaterial; readonly facts: CertificateFacts };

/** See the head of the file. */
export class IssuedSource implements CertificateSource {
  readonly name: string;
  readonly caFile?: string;
  renewal: RenewalState = { failures: 0 };
  private readonly store: IssuedStore;
  private readonly listeners = new Set<() => void>();
  private readonly ending = new AbortController();
  private started = false;
  private work?: Promise<void>;
  private askedAgain = false;
  private timer?: NodeJS.Timeout;
  private watch?: FileWatch;
  private readonly said = new Map<string, string>();

  constructor(
    private readonly issuer: CertificateIssuer,
    private readonly options: IssuedSourceOptions,
    private readonly context: SourceContext,
  ) {
    this.name = issuer.name;
    this.caFile = options.caFile;
    this.store = new IssuedStore(options.folder);
  }

  async current(): Promise<CertificateMaterial | undefined> {
    const stored = await this.stored();
    this.look();
    return stored?.material;
  }

  prepare(): Promise<void> {
    const { issuer, store, options, ending } = this;
    const first = async () => void ((await this.stored()) ?? (await this.obtain(undefined)));
    const ask = issuer.reach
      ? () => issuer.reach?.(ending.signal)
      : () => withLock(store.lockFile, first, { waitMs: options.startTimeoutMs, signal: ending.signal });
    const wait = (message: string) => this.failed('order', message, 'warn');
    return store.tryWriting().then(() => withPatience(ask, options.startTimeoutMs, wait));
  }

  start(): void {
    this.started = true;
    this.look();
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    // Another replica may have ordered.
    this.watch ??= watchFiles([this.store.certificateFile], this.options.pollMs, (changed) => changed && this.tell());
    return () => void this.listeners.delete(listener);
  }

  challenge(token: string): Promise<string | undefined> {
    return this.issuer.challenge?.(token) ?? Promise.resolve(undefined);
  }

  async close(): Promise<void> {
    this.ending.abort();
    clearTimeout(this.timer);
    this.watch?.stop();
    await this.work;
    await this.issuer.close?.();
  }

  /** Begins a look in the background, or has the one that is under way followed by another. */
  private look(): void {
    if (!this.started || this.ending.signal.aborted) return;
    this.askedAgain = this.work !== undefined;
    if (this.work) return;
    clearTimeout(this.timer);
    this.work = this.renewWhenDue()
      .catch((error: Error) => {
        this.failed('look', error.message, 'warn');
        return OFTEN_MS;
      })
      .then((waitMs) => {
        this.work = undefined;
        if (this.ending.signal.aborted) return;
        const pause = this.askedAgain ? SOON_MS : Math.min(Math.max(waitMs, SOON_MS), OFTEN_MS);
        this.timer = setTimeout(() => this.look(), pause).unref();
      });
  }

  /** @returns how long until there is something to do, in milliseconds */
  private async renewWhenDue(): Promise<number> {
    const wait = await this.untilDue();
    if (wait > 0) return wait;
    try {
      await this.store.prepare();
      // Seen again under the lock: another replica may have been faster.
      const order = async () => ((await this.untilDue()) > 0 ? this.tell() : this.order());
      await withLock(this.store.lockFile, order, { waitMs: 0, signal: this.ending.signal });
      return await this.untilDue();
    } catch (error) {
      if (error instanceof LockHeldError) return 5 * SOON_MS;
      throw error;
    }
  }

  private async untilDue(): Promise<number> {
    const now = this.context.now();
    const [stored, attempts] = await Promise.all([this.stored(), this.store.attempts()]);
    const notBefore = Math.min(attempts.notBefore, now + DAY_MS); // a clock that went back does not wait for years
    const dueAt = stored ? await this.dueAt(stored, attempts) : now;
    const { failures, error: lastError } = attempts;
    this.renewal = { failures, lastError, dueAt, nextAttemptAt: Math.max(dueAt, notBefore) };
    return Math.max(dueAt, notBefore) - now;
  }

  private async dueAt({ material, facts }: Stored, { orderedAt = -Infinity }: Attempts): Promise<number> {
    const window = await this.issuer.renewalWindow?.(material.cert, this.ending.signal);
    return Math.max(renewalTime(facts, window), orderedAt + orderInterval(facts, window));
  }

  private async order(): Promise<void> {
    const stored = await this.stored();
    try {
      await this.obtain(stored);
      this.tell();
    } catch (error) {
      if (this.ending.signal.aborted) return;
      await this.postpone(error as Error, stored);
    }
  }

  private async obtain(stored: Stored | undefined): Promise<void> {
    const { names, now } = this.context;
    const { newKeyRequest } = await import('./key.request.ts');
    const { key, csr } = await newKeyRequest(names, this.issuer.uris);
    const previous = stored?.material.cert;
    const material = { key, cert: await this.issuer.issue({ names, csr, previous, signal: this.ending.signal }) };
    const facts = this.check(material, `the certificate that ${this.name} gave`);
    await this.store.putCertificate(material);
    await this.store.putAttempts({ failures: 0, notBefore: 0, orderedAt: now() });
    // What the event below makes others look at is not to be the state of before; the CA's own wish comes with the next look.
    this.renewal = { failures: 0, dueAt: renewalTime(facts) };
    const notAfter = new Date(facts.notAfter).toISOString();
    const message = `${this.name} gave a certificate for ${names.join(', ')} until ${notAfter}.`;
    const { serial } = facts;
    this.context.emit({ type: 'certificate-renewed', level: 'info', source: this.name, serial, notAfter, message });
  }

  private async postpone(error: Error, stored: Stored | undefined): Promise<void> {
    const { now } = this.context;
    const { failures, orderedAt } = await this.store.attempts();
    const retryAfterMs = error instanceof IssuerError ? error.retryAfterMs : undefined;
    const notBefore = now() + backOff(failures + 1, { ...this.options.backOff, retryAfterMs });
    await this.store.putAttempts({ failures: failures + 1, notBefore, error: error.message, orderedAt });
    const again = `Tried again at ${new Date(notBefore).toISOString()}, or at once when ${this.store.attemptsFile} is deleted.`;
    const left = stored ? remainingFraction(stored.facts, now()) : 0;
    this.failed('order', `${error.message} ${again}`, left > ERROR_AT ? 'warn' : 'error');
  }

  private failed(what: 'look' | 'order' | 'stored', message: string, level: 'warn' | 'error'): void {
    if (this.said.get(what) === message) return;
    this.said.set(what, message);
    this.context.emit({ type: 'source-failed', level, source: this.name, message });
  }

  /** What is stored, when it may be served. */
  private async stored(): Promise<Stored | undefined> {
    const material = await this.store.certificate();
    if (!material) return undefined;
    try {
      // By a clock that went back it is not valid yet: whoever serves it says so, and another one would be no better.
      const since = readChain(material.cert)[0]?.validFromDate.getTime() ?? 0;
      return { material, facts: this.check(material, this.store.certificateFile, since) };
    } catch (error) {
      // Damaged, expired, or for other names than the configuration now says: another one is ordered.
      this.failed('stored', (error as Error).message, 'warn');
      return undefined;
    }
  }

  private check(material: CertificateMaterial, origin: string, since = 0): CertificateFacts {
    const { names, now } = this.context;
    return validateMaterial(material, { origin, now: Math.max(now(), since), names, purpose: this.options.purpose });
  }

  private tell(): void {
    this.listeners.forEach((listener) => listener());
  }
}
