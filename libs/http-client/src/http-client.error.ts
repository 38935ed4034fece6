// Errors that say which host, what, and the remedy. No path, query, header or body is ever part of a message: those hold tokens
// (ASVS 5.0 V14.2, V16.2).

/** What every error of a call has. Switch on `code`. */
export abstract class HttpClientError extends Error {
  abstract readonly code: string;
  /** `host:port`. */
  readonly host: string;
  readonly remedy: string;

  constructor(host: string, what: string, remedy: string, cause?: unknown) {
    super(`${host}: ${what}: ${remedy}`, cause === undefined ? undefined : { cause: plainCause(cause) });
    this.name = new.target.name;
    this.host = host;
    this.remedy = remedy;
  }
}

/** The options are wrong; thrown when the client is made. */
export class HttpClientConfigError extends HttpClientError {
  readonly code = 'config';
}

/** The call itself is wrong: its URL, method, header or body. Nothing was sent. */
export class RequestRefusedError extends HttpClientError {
  readonly code = 'request-refused';
}

/** The host is not on the allow-list, or the URL is not https. Nothing was sent, no name was resolved. */
export class EgressRefusedError extends HttpClientError {
  readonly code = 'egress-refused';
}

/** The name leads to an address that it may not lead to (DNS rebinding, SSRF). Nothing was sent. */
export class AddressRefusedError extends HttpClientError {
  readonly code = 'address-refused';
}

/** An answer redirects to where the call may not go, or too often. */
export class RedirectRefusedError extends HttpClientError {
  readonly code = 'redirect-refused';
}

/** No connection, or it broke. `sent`: whether the host may have seen the request. */
export class ConnectionFailedError extends HttpClientError {
  readonly code = 'connection-failed';
  readonly sent: boolean;

  constructor(host: string, what: string, remedy: string, { sent, cause }: { sent: boolean; cause?: unknown }) {
    super(host, what, remedy, cause);
    this.sent = sent;
  }
}

/** The host's certificate is not trusted, not for this host, or out of date. No request was sent. */
export class CertificateRefusedError extends HttpClientError {
  readonly code = 'certificate-refused';
}

/** None of the keys that vouch for the host is pinned, or the pins have expired. No request was sent. */
export class PinMismatchError extends HttpClientError {
  readonly code = 'pin-mismatch';
}

/** Something took too long; `phase` says what. */
export class TimedOutError extends HttpClientError {
  readonly code = 'timed-out';
  readonly phase: 'connect' | 'headers' | 'body' | 'total';

  constructor(host: string, phase: TimedOutError['phase'], ms: number) {
    super(
      host,
      `${PHASES[phase]} took longer than ${ms} ms`,
      `see whether it is overloaded, or raise timeouts.${phase}Ms`,
    );
    this.phase = phase;
  }
}

/** The answer is larger than allowed, as it is sent or after decompression. */
export class ResponseTooLargeError extends HttpClientError {
  readonly code = 'response-too-large';
}

/** The answer is not valid HTTP, or its body is not what its headers say. */
export class BadResponseError extends HttpClientError {
  readonly code = 'bad-response';
}

/** So many calls wait for the host that another would only wait longer. Nothing was sent. */
export class OverloadedError extends HttpClientError {
  readonly code = 'overloaded';
}

/** The client was closed. */
export class ClientClosedError extends HttpClientError {
  readonly code = 'client-closed';
}

const PHASES = {
  connect: 'the connection',
  headers: 'the begin of the answer',
  body: 'the next part of the answer',
  total: 'the call with its retries',
};

/** Code and message alone: a cause of undici or node:tls drags sockets and whole certificates into the log. */
function plainCause(cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof HttpClientError) return cause;
  const plain = new Error(cause.message) as NodeJS.ErrnoException;
  plain.code = (cause as NodeJS.ErrnoException).code;
  plain.stack = cause.stack;
  return plain;
}
