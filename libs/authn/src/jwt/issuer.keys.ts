// The public keys of one issuer: from a pinned source, never from a token. Both keys of a rotation are accepted while the issuer shows
// both; one that it removed is refused from the fetch that misses it on, cached tokens too, and one that an operator revoked at once.
// Unknown key ids cause one fetch a minute at most (RFC 8725 §3.10).
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { ProblemError } from '@gatehouse/problem-details';
import type { EmitAuthnEvent } from '../authn.event.ts';
import { type IssuerOptions, refreshSecondsOf } from '../authn.options.ts';
import { algorithmsOf } from './key.algorithms.ts';
import type { ReadKeySet } from './key-set.source.ts';

/** One public key. */
export interface IssuerKey {
  readonly kid: string | undefined;
  readonly key: KeyObject;
  readonly algorithms: readonly string[];
  /** False from the moment that the issuer no longer shows it. */
  inForce: boolean;
}

/** A random kid costs an attacker nothing, and the issuer a request: one a minute (RFC 8725 leaves the number to us). */
const UNKNOWN_KID_BACKOFF_MS = 60_000;
const FIRST_RETRY_MS = 1_000;
const MAX_KEYS = 100;

export class IssuerKeys {
  private keys = new Map<string, IssuerKey>();
  private loadedAt = -Infinity;
  private lastUnknownAt = -Infinity;
  private loading: Promise<void> | undefined;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  /** Key ids that an operator took back, until when (milliseconds since the epoch). */
  private readonly revoked = new Map<string, number>();

  constructor(
    private readonly options: IssuerOptions,
    private readonly read: ReadKeySet,
    private readonly emit: EmitAuthnEvent,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Loads the keys and keeps them current. An issuer that is away does not stop the start: its tokens answer 503 meanwhile. */
  start(): Promise<void> {
    return this.refresh();
  }

  /**
   * The keys that a token with this header may be signed by.
   * @throws ProblemError 503 while there are no keys, or only ones that are too old
   */
  async find(kid: string | undefined, algorithm: string): Promise<IssuerKey[]> {
    if (this.loadedAt === -Infinity) await this.loading;
    this.refuseStale();
    const found = this.matching(kid, algorithm);
    if (found.length > 0 || this.now() - this.lastUnknownAt < UNKNOWN_KID_BACKOFF_MS) return found;
    this.lastUnknownAt = this.now();
    await this.refresh();
    return this.matching(kid, algorithm);
  }

  /** Fetches now; one fetch at a time. */
  refresh(): Promise<void> {
    return (this.loading ??= this.load().finally(() => (this.loading = undefined)));
  }

  /** Fetches again, whatever fetch is under way: what the issuer shows from now on counts. */
  async refetch(): Promise<void> {
    await this.loading;
    await this.refresh();
  }

  /** Refuses tokens by this key, cached ones too, whatever the issuer still shows. */
  revoke(kid: string, until: number): void {
    this.revoked.set(kid, until);
    for (const key of this.keys.values()) if (key.kid === kid) key.inForce = false;
    for (const [id, end] of this.revoked) if (end < Date.now()) this.revoked.delete(id);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private matching(kid: string | undefined, algorithm: string): IssuerKey[] {
    const fitting = [...this.keys.values()].filter((key) => key.inForce && key.algorithms.includes(algorithm));
    if (kid !== undefined) return fitting.filter((key) => key.kid === kid);
    // Without a kid only a key that cannot be confused with another is tried.
    return fitting.length === 1 ? fitting : [];
  }

  private refuseStale(): void {
    if (this.now() - this.loadedAt <= this.options.maxStaleSeconds * 1_000) return;
    throw new ProblemError('dependency-unavailable', {
      headers: { 'retry-after': '5' },
      cause: new Error(`no usable keys of ${this.options.issuer}`),
    });
  }

  private async load(): Promise<void> {
    const { issuer } = this.options;
    const begun = this.now();
    try {
      this.take(await this.import(await this.read()));
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      const reason = error instanceof Error ? error.message : String(error);
      this.emit({ type: 'keys-failed', level: 'warn', issuer, message: `the keys cannot be had: ${reason}` });
    }
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => void this.refresh(), this.waitMs(begun)).unref();
  }

  /** A tenth early, and counted from when the last fetch began: the next has ended when the time that was promised is over. */
  private waitMs(begun: number): number {
    if (this.failures > 0) return FIRST_RETRY_MS * 2 ** Math.min(this.failures - 1, 5);
    const took = this.now() - begun;
    return Math.max(refreshSecondsOf(this.options) * 900 - took, FIRST_RETRY_MS / 10);
  }

  private async import(set: readonly JWK[]): Promise<Map<string, IssuerKey>> {
    const { issuer, algorithms } = this.options;
    const keys = new Map<string, IssuerKey>();
    for (const jwk of set.slice(0, MAX_KEYS)) {
      const usable = algorithmsOf(jwk, algorithms);
      if (typeof usable === 'string') {
        this.emit({ type: 'key-ignored', level: 'warn', issuer, message: `a key is ignored: ${usable}` });
        continue;
      }
      const id = `${jwk.kid ?? ''} ${await calculateJwkThumbprint(jwk)} ${usable.join()}`;
      const known = this.keys.get(id);
      const key = known?.key ?? createPublicKey({ format: 'jwk', key: jwk as JsonWebKey });
      const inForce = !((this.revoked.get(jwk.kid ?? '') ?? 0) > Date.now());
      keys.set(id, known?.inForce ? known : { kid: jwk.kid, key, algorithms: usable, inForce });
    }
    if (keys.size === 0) throw new Error('there is no usable key among them');
    return keys;
  }

  private take(keys: Map<string, IssuerKey>): void {
    const { issuer } = this.options;
    const [gone, come] = [
      [...this.keys].filter(([id]) => !keys.has(id)),
      [...keys].filter(([id]) => !this.keys.has(id)),
    ];
    for (const [, key] of gone) key.inForce = false;
    const first = this.loadedAt === -Infinity;
    this.keys = keys;
    this.loadedAt = this.now();
    if (first) this.emit({ type: 'keys-loaded', level: 'info', issuer, message: `${keys.size} keys` });
    else if (gone.length + come.length > 0)
      this.emit({ type: 'keys-changed', level: 'info', issuer, message: `${come.length} new, ${gone.length} removed` });
  }
}
