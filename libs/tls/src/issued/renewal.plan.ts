// When a certificate is renewed: shortly before a third of its lifetime is left, whatever that lifetime is, or when its CA says (ACME
// Renewal Information, RFC 9773). So the first alarm, at a third, always means that a renewal failed.
import type { CertificateFacts } from '../certificate.facts.ts';
import { WARN_AT } from '../expiry.alarm.ts';
import type { RenewalWindow } from './certificate.issuer.ts';

/** Parts of the lifetime that are left: renewed somewhere between, so that many services do not all ask at once. */
const EARLIEST = 0.38;
const LATEST = 0.35;
/** Whatever a CA suggests, not later than this. */
const AT_LAST = 0.15;
const HOUR_MS = 3_600_000;

/** Milliseconds since the epoch; the same for the same certificate, however often it is asked. */
export function renewalTime(facts: CertificateFacts, window?: RenewalWindow): number {
  const at = (left: number) => facts.notAfter - left * (facts.notAfter - facts.notBefore);
  const share = spread(facts.fingerprint256);
  if (!window) return at(EARLIEST - share * (EARLIEST - LATEST));
  // The part of the window before the first alarm, where there is one.
  const end = window.start < at(WARN_AT) ? Math.min(window.end, at(WARN_AT)) : window.end;
  return Math.min(window.start + share * (end - window.start), at(AT_LAST));
}

/**
 * How long after an order another one may follow, in milliseconds: a clock that is wrong must not order without end. A CA that wants
 * its certificate replaced at once (it will revoke it) is heard after an hour.
 */
export function orderInterval({ notBefore, notAfter }: CertificateFacts, window?: RenewalWindow): number {
  const part = (notAfter - notBefore) / 20;
  return window ? Math.min(part, HOUR_MS) : part;
}

/** 0 to 1, from the fingerprint. */
const spread = (fingerprint: string) => Number.parseInt(fingerprint.replaceAll(':', '').slice(0, 8), 16) / 0xffffffff;
