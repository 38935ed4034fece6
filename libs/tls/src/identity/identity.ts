// Who a service is to those that it calls: a client certificate apart from the server's, so that a stolen one is no server, and a role
// of the vault signs for one use only. Kept current as the served one is; the last good one stays when the new one is bad.
import { validateMaterial } from '../certificate.facts.ts';
import { CertificateSlot } from '../certificate.slot.ts';
import type { CertificateMaterial } from '../certificate.source.ts';
import { ExpiryAlarm } from '../expiry.alarm.ts';
import { TlsError } from '../tls.error.ts';
import type { EmitTlsEvent } from '../tls.event.ts';
import { rowOf, type CertificateRow } from '../tls.snapshot.ts';

/** See the head of the file. */
export class Identity {
  private readonly alarm: ExpiryAlarm;
  private readonly ends: (() => void)[] = [];
  private work: Promise<unknown> = Promise.resolve();

  /** Use createIdentity. */
  constructor(
    private readonly slot: CertificateSlot,
    private readonly emit: EmitTlsEvent,
    private readonly now: () => number,
  ) {
    this.alarm = new ExpiryAlarm(emit);
  }

  /**
   * That of this moment: `createHttpClient({ clientCertificate: () => identity.certificate() })`.
   *
   * @throws TlsError when it has expired
   */
  certificate(): CertificateMaterial {
    const { served, origin } = this.slot;
    if (!served) throw new TlsError(`${origin}: there is no certificate yet to show to others.`);
    validateMaterial(served.material, { origin, now: this.now(), purpose: 'client' });
    return served.material;
  }

  /** What metrics and `gatehouse certs status` show. */
  snapshot(): CertificateRow {
    const row = rowOf(this.slot, this.now());
    return { ...row, source: `identity ${row.source}` };
  }

  /** Asks the source again now; resolves when that is done. */
  refresh(): Promise<void> {
    const done = this.work.then(() => this.look());
    this.work = done;
    return done;
  }

  /** Ends what goes on in the background. */
  async close(): Promise<void> {
    this.ends.forEach((end) => end());
    await this.work;
    await this.slot.source.close();
  }

  /** @throws TlsError when there is none, and none can be had */
  async begin(everyMs: number): Promise<void> {
    const { slot } = this;
    const stored = await slot.candidate();
    if (!stored) await slot.source.prepare?.();
    slot.take(stored ?? (await slot.candidate()));
    this.certificate();
    this.ends.push(slot.source.onChange(() => void this.refresh()));
    slot.source.start?.();
    const timer = setInterval(() => void this.refresh(), everyMs).unref();
    this.ends.push(() => clearInterval(timer));
    await this.refresh();
  }

  /** Never throws: what is wrong is an event. */
  private async look(): Promise<void> {
    const { slot, emit } = this;
    const { name: source } = slot.source;
    try {
      const next = await slot.candidate();
      if (next) {
        slot.take(next);
        const { serial } = next.facts;
        const notAfter = new Date(next.facts.notAfter).toISOString();
        const message = `now showing certificate ${serial} to those that are called, until ${notAfter}.`;
        emit({ type: 'certificate-swapped', level: 'info', source, serial, notAfter, message });
      }
    } catch (error) {
      const { message } = error as Error;
      const { serial } = slot.served?.facts ?? {};
      if (slot.refuse(message))
        emit({
          type: 'certificate-refused',
          level: 'error',
          source,
          serial,
          message: `${message} Certificate ${serial} is still shown to those that are called.`,
        });
    }
    if (slot.served) this.alarm.look(slot.served.facts, source, this.now());
  }
}
