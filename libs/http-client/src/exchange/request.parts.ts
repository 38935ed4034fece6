// What a caller gives for a request, checked before anything is resolved or sent: no header, method or target that ends a line early or
// frames the message otherwise (CWE-93, CWE-444).
import { RequestRefusedError } from '../http-client.error.ts';

export const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

/** A request that may be sent, and sent again. */
export interface RequestParts {
  readonly method: Method;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
/** Visible ASCII, blanks and tabs, and obs-text (RFC 9110 §5.5): no CR, LF or NUL. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** The client frames the message and manages the connection itself. */
const OWN_HEADERS = new Set(
  'host connection content-length transfer-encoding te trailer upgrade keep-alive expect accept-encoding proxy-connection proxy-authorization traceparent tracestate'.split(
    ' ',
  ),
);

/**
 * @throws RequestRefusedError, naming the header and never its value
 */
export function requestParts(
  host: string,
  given: { method?: string; headers?: Readonly<Record<string, string>>; body?: string | Uint8Array; json?: unknown },
  requestBytes: number,
): RequestParts {
  const method = (given.method ?? 'GET') as Method;
  if (!METHODS.includes(method))
    throw new RequestRefusedError(host, 'the method is none that the client sends', `use one of ${METHODS.join(', ')}`);
  const headers: Record<string, string> = { accept: 'application/json', 'accept-encoding': 'gzip, br' };
  for (const [name, value] of Object.entries(given.headers ?? {}))
    headers[headerName(host, name)] = headerValue(host, name, value);
  const body = bodyOf(host, given);
  if (body === undefined) return { method, headers, body };
  if (method === 'GET' || method === 'HEAD')
    throw new RequestRefusedError(host, `${method} has no body`, 'send the values in the query, or use POST');
  if (Buffer.byteLength(body) > requestBytes)
    throw new RequestRefusedError(host, `the body is larger than ${requestBytes} bytes`, 'raise limits.requestBytes');
  headers['content-type'] ??= given.json === undefined ? 'application/octet-stream' : 'application/json';
  return { method, headers, body };
}

function bodyOf(host: string, { body, json }: { body?: string | Uint8Array; json?: unknown }): RequestParts['body'] {
  if (json === undefined) return body;
  if (body !== undefined) throw new RequestRefusedError(host, 'it has a body and json', 'give one of them');
  return JSON.stringify(json);
}

function headerName(host: string, name: string): string {
  const lower = name.toLowerCase();
  if (!TOKEN.test(name))
    throw new RequestRefusedError(host, 'a header name holds what no name may', 'use letters, digits and hyphens');
  if (OWN_HEADERS.has(lower))
    throw new RequestRefusedError(host, `the header ${lower} is the client's own`, 'leave it out');
  return lower;
}

function headerValue(host: string, name: string, value: unknown): string {
  if (typeof value === 'string' && VALUE.test(value)) return value;
  throw new RequestRefusedError(
    host,
    `the value of ${name} holds what no value may`,
    'leave out line breaks, NUL and characters beyond Latin-1',
  );
}
