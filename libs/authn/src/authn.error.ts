// Two kinds of trouble: a configuration that cannot be right (stops the start), and a credential that is refused. Why it was refused
// goes to the log; the caller learns that it was (no enumeration: ASVS 5.0 V6.3.8).

/** The configuration is wrong; the message names the option and the remedy. */
export class AuthnConfigError extends Error {
  override readonly name = 'AuthnConfigError';

  constructor(
    what: string,
    readonly remedy: string,
  ) {
    super(`${what}\n  ${remedy}`);
  }
}

/** Why a credential was refused. Stable, for logs, alerts and tests; never sent to the caller. */
export type RefusalReason =
  | 'malformed'
  | 'unknown-issuer'
  | 'wrong-type'
  | 'algorithm'
  | 'unknown-key'
  | 'signature'
  | 'expired'
  | 'not-yet-valid'
  | 'lifetime'
  | 'audience'
  | 'claims'
  | 'revoked'
  | 'unbound'
  | 'proof'
  | 'replayed'
  | 'unremembered'
  | 'api-key'
  | 'client-certificate';

/** A credential that is not accepted. */
export class CredentialRefusedError extends Error {
  override readonly name = 'CredentialRefusedError';

  constructor(
    readonly reason: RefusalReason,
    options?: { cause?: unknown },
  ) {
    super(`credential refused: ${reason}`, options);
  }
}
