// What an operator should see: an issuer that does not answer, a key set that changed, a credential that was refused.

/** Without secrets: no token, no key. */
export interface AuthnEvent {
  readonly type: 'keys-loaded' | 'keys-changed' | 'keys-failed' | 'key-ignored' | 'feed-failed' | 'feed-recovered';
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly issuer?: string;
}

/** Takes an event; must not throw. */
export type EmitAuthnEvent = (event: AuthnEvent) => void;
