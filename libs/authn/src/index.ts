export { Authenticator, type AuthnRequest } from './authenticator.ts';
export { AuthnConfigError, CredentialRefusedError, type RefusalReason } from './authn.error.ts';
export type { AuthnEvent, EmitAuthnEvent } from './authn.event.ts';
export {
  ALGORITHMS,
  authnOptionsSchema,
  issuerSchema,
  type AuthnInput,
  type AuthnOptions,
  type IssuerInput,
  type IssuerOptions,
} from './authn.options.ts';
export { ApiKeys, type MadeApiKey, type NewApiKey } from './api-key/api-keys.ts';
export type { HashKeys } from './api-key/api-key.hash.ts';
export { readApiKey, type ApiKeyText } from './api-key/api-key.format.ts';
export type { ApiKeyOwner, ApiKeyStore, StoredApiKey } from './api-key/api-key.store.ts';
export { insufficientScope, missingCredential, refusedCredential } from './challenge.ts';
export { createAuthenticator, parseAuthnOptions, type AuthnContext } from './create-authenticator.ts';
export { authnEnvironment, issuerFromEnvironment } from './issuer.environment.ts';
export type { AuthnTables } from './postgres.tables.ts';
export { principalKey, type Principal } from './principal.ts';
export type { Revocation } from './revocation/revocations.ts';
export type { SharedMemory, SharedScript } from './shared.memory.ts';
