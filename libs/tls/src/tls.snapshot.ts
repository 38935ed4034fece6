// What metrics and `gatehouse certs status` show: plain values, of the certificates as they are served.
import { remainingFraction, type CertificateFacts } from './certificate.facts.ts';
import type { RenewalState } from './certificate.source.ts';
import type { CertificateSlot } from './certificate.slot.ts';
import type { LiveCertificates, TlsCounters } from './live.certificates.ts';
import type { ServedObservation } from './tls.listeners.ts';

/** A certificate, in values that print well. */
export interface CertificateSummary {
  readonly subject: string;
  readonly names: readonly string[];
  /** Such as its SPIFFE ID; undefined in what a release before this one left behind. */
  readonly uris?: readonly string[];
  readonly issuer: string;
  readonly serial: string;
  readonly fingerprint256: string;
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Seconds; negative when it has expired. */
  readonly remainingSeconds: number;
  /** 1 at its begin, 0 at its end. */
  readonly remainingFraction: number;
}

/** See {@link snapshotOf}. */
export interface TlsSnapshot {
  /** ISO 8601. */
  readonly at: string;
  readonly certificates: readonly {
    readonly source: string;
    readonly certificate?: CertificateSummary;
    /** Why the newest certificate of the source is not the one served, and since when (ISO 8601). */
    readonly differs?: { readonly since: string; readonly reason: string };
    /** Where the source renews by itself: when, and how the last attempts went (ISO 8601). */
    readonly renewal?: {
      readonly failures: number;
      readonly lastError?: string;
      readonly dueAt?: string;
      readonly nextAttemptAt?: string;
    };
  }[];
  /** What a handshake with each listener saw. */
  readonly listeners: readonly {
    readonly address: string;
    /** ISO 8601. */
    readonly probedAt: string;
    readonly certificate?: CertificateSummary;
    readonly error?: string;
  }[];
  readonly clientTrust?: {
    readonly authorities: number;
    readonly revocationLists: number;
    readonly crlNotAfter?: string;
  };
  readonly counters: Readonly<TlsCounters>;
}

/** One certificate: of the listeners, or, with a source that begins with `identity`, the one that is shown to others. */
export type CertificateRow = TlsSnapshot['certificates'][number];

/** The state at a time, in milliseconds since the epoch. */
export function snapshotOf(
  { slots, listeners, clientTrust, counters }: LiveCertificates,
  now: number,
  identity?: CertificateRow,
): TlsSnapshot {
  return {
    at: iso(now),
    certificates: [...slots.map((slot) => rowOf(slot, now)), ...(identity ? [identity] : [])],
    listeners: listeners.observations().map((observation) => ofListener(observation, now)),
    clientTrust: clientTrust && {
      authorities: clientTrust.ca.length,
      revocationLists: clientTrust.crl.length,
      crlNotAfter: clientTrust.crlNotAfter === undefined ? undefined : iso(clientTrust.crlNotAfter),
    },
    counters: { ...counters },
  };
}

/** One certificate at a time, in milliseconds since the epoch. */
export function rowOf({ source, served, differs }: CertificateSlot, now: number): CertificateRow {
  return {
    source: source.name,
    certificate: served && summaryOf(served.facts, now),
    differs: differs && { since: iso(differs.since), reason: differs.reason },
    renewal: source.renewal && ofRenewal(source.renewal),
  };
}

function ofRenewal({ failures, lastError, dueAt, nextAttemptAt }: RenewalState) {
  const time = (value: number | undefined) => (value === undefined ? undefined : iso(value));
  return { failures, lastError, dueAt: time(dueAt), nextAttemptAt: time(nextAttemptAt) };
}

function ofListener(
  { address, probedAt, served, error }: ServedObservation,
  now: number,
): TlsSnapshot['listeners'][number] {
  return { address, probedAt: iso(probedAt), certificate: served && summaryOf(served, now), error };
}

/** Facts at a time, in milliseconds since the epoch. */
export function summaryOf(facts: CertificateFacts, now: number): CertificateSummary {
  return {
    subject: facts.subject,
    names: facts.names,
    uris: facts.uris,
    issuer: facts.issuer,
    serial: facts.serial,
    fingerprint256: facts.fingerprint256,
    notBefore: iso(facts.notBefore),
    notAfter: iso(facts.notAfter),
    remainingSeconds: Math.round((facts.notAfter - now) / 1_000),
    remainingFraction: Math.round(remainingFraction(facts, now) * 10_000) / 10_000,
  };
}

const iso = (time: number) => new Date(time).toISOString();
