// Whether the service should get traffic, as far as TLS goes: there is a certificate, it has not expired, every listener serves it, and
// a newer one is not waiting in vain.
import type { LiveCertificates } from './live.certificates.ts';
import { TlsError } from './tls.error.ts';

/**
 * For HealthRegistry.register('tls', …): looks at what is known, makes no handshake of its own.
 *
 * @param differsLimitMs how long the newest certificate and the served one may differ, in milliseconds
 * @throws TlsError while the service is not ready, with the reason
 */
export function checkReadiness({ slots, listeners }: LiveCertificates, differsLimitMs: number, now: number): void {
  for (const { source, served, differs } of slots) {
    if (!served) throw new TlsError(`there is no certificate from ${source.name} yet.`);
    if (served.facts.notAfter <= now) throw new TlsError(`certificate ${served.facts.serial} has expired.`);
    if (differs && now - differs.since >= differsLimitMs)
      throw new TlsError(
        `the newest certificate of ${source.name} is not served since ${new Date(differs.since).toISOString()}: ${differs.reason}`,
      );
  }
  const expected = slots[0]?.served?.facts.fingerprint256;
  for (const { address, served, error, refused } of listeners.observations()) {
    // A listener that is too busy for the probe is no reason to send all traffic to the others, which are as busy.
    if (error !== undefined && !refused) continue;
    if (error !== undefined) throw new TlsError(`the last handshake with ${address} failed: ${error}`);
    if (served?.fingerprint256 !== expected)
      throw new TlsError(`${address} serves certificate ${served?.serial}, not the newest.`);
  }
}
