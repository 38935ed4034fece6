// What node:tls, node:net and undici throw, in our own words: which host, what, and what to do.
import {
  BadResponseError,
  CertificateRefusedError,
  ConnectionFailedError,
  HttpClientError,
  ResponseTooLargeError,
  TimedOutError,
} from '../http-client.error.ts';
import type { HttpClientOptions } from '../http-client.options.ts';

const CERTIFICATE_REMEDIES: Record<string, string> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: call it by a name that it has',
  CERT_HAS_EXPIRED: 'its certificate has expired: let its operator renew it',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: check the clocks',
  CERT_REVOKED: 'its certificate was revoked: ask its operator',
  INVALID_PURPOSE: 'its certificate is not for servers: let its operator order one with serverAuth',
};
const UNTRUSTED = 'give its CA as "ca", or let its operator send the whole chain';
const CERTIFICATE_CODE =
  /^(UNABLE_TO_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|HOSTNAME_MISMATCH|EE_KEY|CA_MD)/;

/** An error of connecting: nothing of a request was sent. */
export function connectionError(host: string, error: Error): HttpClientError {
  if (error instanceof HttpClientError) return error;
  const code = codeOf(error);
  if (CERTIFICATE_CODE.test(code))
    return new CertificateRefusedError(
      host,
      `its certificate is refused (${code})`,
      CERTIFICATE_REMEDIES[code] ?? UNTRUSTED,
      error,
    );
  return new ConnectionFailedError(
    host,
    `no connection (${code || error.message})`,
    'see whether it runs and is reachable',
    {
      sent: false,
      cause: error,
    },
  );
}

/** An error of an exchange over a connection. */
export function exchangeError(host: string, error: unknown, options: HttpClientOptions): HttpClientError {
  if (error instanceof HttpClientError) return error;
  const failure = error instanceof Error ? error : new Error(String(error));
  const code = codeOf(failure);
  const { headersMs, bodyMs } = options.timeouts;
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return new TimedOutError(host, 'headers', headersMs);
  if (code === 'UND_ERR_BODY_TIMEOUT') return new TimedOutError(host, 'body', bodyMs);
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return new ResponseTooLargeError(
      host,
      `its headers are longer than ${options.limits.headerBytes} bytes`,
      'let it send fewer, or raise limits.headerBytes',
    );
  if (/^HPE_|_MISMATCH$|^UND_ERR_RES_/.test(code))
    return new BadResponseError(host, `its answer is no valid HTTP (${code})`, 'ask its operator', failure);
  const remedy = /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|ALERT/.test(code)
    ? 'it may want a client certificate: set mutualTls and clientCertificate, or renew it'
    : 'see whether it runs';
  return new ConnectionFailedError(host, `the connection broke (${code || failure.name})`, remedy, {
    sent: true,
    cause: failure,
  });
}

/** Of the error, of the one that caused it, or of the first of several attempts. */
function codeOf(error: Error): string {
  const { code, cause, errors } = error as NodeJS.ErrnoException & { errors?: Error[] };
  if (code === 'UND_ERR_SOCKET' && cause instanceof Error) return codeOf(cause) || code;
  if (code) return String(code);
  return errors?.[0] ? codeOf(errors[0]) : '';
}
