// What somebody should look at: events for the log, an alert, or an audit trail. Without secrets, as the errors.

/** `egress-refused` and `address-refused` are what an attempt at server-side request forgery looks like. */
export interface HttpClientEvent {
  readonly type: 'pin-mismatch' | 'pins-expiring' | 'pins-expired' | 'egress-refused' | 'address-refused';
  readonly level: 'warn' | 'error';
  /** `host:port`. */
  readonly host: string;
  readonly message: string;
}

/** Takes an event; must not throw. */
export type EmitHttpClientEvent = (event: HttpClientEvent) => void;
