export type { CertificateMaterial, CertificateSource, SourceContext } from './certificate.source.ts';
export { createTls, type Tls, type TlsContext } from './create-tls.ts';
export { createPlainHttpGate, type PlainHttpGateOptions } from './plain-http.gate.ts';
export { TlsError } from './tls.error.ts';
export type { EmitTlsEvent, TlsEvent, TlsEventType } from './tls.event.ts';
export { tlsEnvironment, tlsOptionsSchema, type TlsOptions } from './tls.options.ts';
export { policyOptions } from './tls.policy.ts';
