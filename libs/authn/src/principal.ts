// Who calls. Three kinds of proof end in this one shape, so that nothing behind it asks how a caller proved who they are.

/** A proven caller. Immutable: it is kept with the verified credential and shared by its requests. */
export interface Principal {
  readonly kind: 'token' | 'api-key' | 'client-certificate';
  /** Unique within {@link issuer}: the subject of a token, the owner of an API key, the identity of a certificate. */
  readonly id: string;
  /** Who vouches for the id: the issuer's URL (of an API key: its owner's), or `client-certificates`. */
  readonly issuer: string;
  /** Whose data they may see at all: no query leaves this tenant. */
  readonly tenant: string;
  readonly scopes: ReadonlySet<string>;
  /** The client that the token was given to (RFC 8693 `client_id`). */
  readonly clientId?: string;
  /** For quotas, where the credential says it. */
  readonly plan?: string;
  /** What can be revoked: the token's jti, the key's id, the certificate's serial. */
  readonly credentialId?: string;
  /** How the credential is tied to its holder; absent for one that whoever finds it can use. */
  readonly binding?: 'dpop' | 'certificate';
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
}

/** One text for one caller across issuers: for limits, audit and the owner of a row. */
export const principalKey = ({ issuer, id }: Principal): string => `${issuer}|${id}`;
