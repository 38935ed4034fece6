// How an application of a service gets the certificate that it shows to others.
import type { CertificateMaterial } from '../certificate.source.ts';

/**
 * Injection token of a function that gives the client certificate of this moment.
 *
 * @example
 * HttpClientModule.forRootAsync({
 *   inject: [CLIENT_CERTIFICATE],
 *   useFactory: (clientCertificate: ClientCertificateSource) => ({ clients: { users: { allow, clientCertificate } } }),
 * });
 */
export const CLIENT_CERTIFICATE = Symbol.for('gatehouse:client-certificate');

/** What {@link CLIENT_CERTIFICATE} injects. @throws TlsError while there is none */
export type ClientCertificateSource = () => CertificateMaterial;
