// What happened to a certificate, for the log, the metrics and a webhook: an outage by expiry is always announced weeks before.

/** Every kind of event. `certificate-refused` and `certificate-expiring` are the two that somebody should be woken by. */
export type TlsEventType =
  | 'certificate-swapped'
  | 'certificate-refused'
  | 'certificate-expiring'
  | 'certificate-renewed'
  | 'source-failed'
  | 'source-fallback'
  | 'client-trust-changed'
  | 'served-differs';

/** One event. Holds no key, no token and no account. */
export interface TlsEvent {
  readonly type: TlsEventType;
  readonly level: 'info' | 'warn' | 'error';
  /** What is wrong and the remedy, for a person. */
  readonly message: string;
  /** ISO 8601. */
  readonly at: string;
  /** The name of the certificate source. */
  readonly source?: string;
  /** Serial number of the certificate, hex. */
  readonly serial?: string;
  /** ISO 8601. */
  readonly notAfter?: string;
}

/** Reports an event; the time is added. */
export type EmitTlsEvent = (event: Omit<TlsEvent, 'at'>) => void;
