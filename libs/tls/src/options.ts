// What a descriptor and the environment may say, and nothing that does the work: a start that is refused loads no more than this.
export { checkCertificates, type CertificateCheck } from './check-certificates.ts';
export { tlsEnvironment } from './tls.environment.ts';
export { TlsError } from './tls.error.ts';
export { hstsSchema, tlsOptionsSchema, type HstsOptions, type TlsOptions } from './tls.options.ts';
