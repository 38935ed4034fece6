export type { CertificateMaterial, CertificateSource, SourceContext } from './certificate.source.ts';
export { certificateStatus, type CertificateFinding, type CertificateStatus } from './certificate.status.ts';
export { clientCertificateGuard } from './client/client.certificate.guard.ts';
export {
  clientIdentity,
  type ClientIdentity,
  type ClientIdentityRules,
  type ClientSocket,
} from './client/client.identity.ts';
export { requireClient, type ClientRule } from './client/require.client.ts';
export { CLIENT_CERTIFICATE, type ClientCertificateSource } from './identity/client.certificate.token.ts';
export { createIdentity, type IdentityContext } from './identity/create-identity.ts';
export type { Identity } from './identity/identity.ts';
export { identitySchema, type IdentityOptions } from './identity/identity.options.ts';
export { createTls } from './create-tls.ts';
export { hstsHeader, hstsValue, isLocalName } from './hsts.policy.ts';
export { createPlainHttpGate, type PlainHttpGateOptions } from './plain-http.gate.ts';
export { forwardedClient, type ForwardedClient } from './proxied/forwarded.header.ts';
export { createProxiedFront, type RefusedConnection } from './proxied/proxied.front.ts';
export { tlsEnvironment } from './tls.environment.ts';
export { TlsError } from './tls.error.ts';
export type { EmitTlsEvent, TlsEvent, TlsEventType } from './tls.event.ts';
export {
  hstsSchema,
  tlsOptionsSchema,
  type ClientCertificateOptions,
  type HstsOptions,
  type ProxiedOptions,
  type TlsOptions,
} from './tls.options.ts';
export { policyOptions, type PolicyMaterial } from './tls.policy.ts';
export type { CertificateRow, CertificateSummary, TlsSnapshot } from './tls.snapshot.ts';
export type { Tls, TlsContext } from './tls.ts';
export type { VaultSigner, VaultSignRequest } from './vault/vault-pki.issuer.ts';
