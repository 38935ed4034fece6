// Says early that a served certificate will expire: at a third and at a twentieth of its lifetime, whatever that is. "30 days before"
// is too late to notice for a six-day certificate and noise for one of 47 days.
import { remainingFraction, type CertificateFacts } from './certificate.facts.ts';
import type { EmitTlsEvent } from './tls.event.ts';

/** Parts of the lifetime that are left when the alarms are given. */
export const WARN_AT = 1 / 3;
export const ERROR_AT = 1 / 20;
/** How often an alarm is repeated, in milliseconds. */
const REPEAT_MS = 24 * 3_600_000;

/** Gives each alarm once a day for each certificate. */
export class ExpiryAlarm {
  private readonly given = new Map<string, number>();

  constructor(private readonly emit: EmitTlsEvent) {}

  /** @returns whether an alarm was given */
  look(served: CertificateFacts, source: string, now: number): boolean {
    const left = remainingFraction(served, now);
    if (left > WARN_AT) return false;
    const level = left > ERROR_AT ? 'warn' : 'error';
    const key = `${served.fingerprint256} ${level}`;
    if (now - (this.given.get(key) ?? -Infinity) < REPEAT_MS) return false;
    this.given.set(key, now);
    const notAfter = new Date(served.notAfter).toISOString();
    const state =
      left <= 0
        ? `expired on ${notAfter}`
        : `expires on ${notAfter}: ${Math.round(left * 100)} % of its lifetime is left`;
    const message = `the certificate for ${[...served.names, ...served.uris].join(', ')} ${state}. Renew it; what renews it (${source}) has not.`;
    this.emit({ type: 'certificate-expiring', level, source, message, serial: served.serial, notAfter });
    return true;
  }
}
