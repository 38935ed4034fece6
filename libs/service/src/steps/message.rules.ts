// One request, one meaning: what Node's parsers let through although two readers could understand it differently is refused before
// anything looks at it, so that no proxy in front sees another host, path or body than the service does (RFC 9112 §3.2, §6.1;
// RFC 9113 §8.3.1; CWE-444). HTTP/1.1 connections end then: what follows on them cannot be trusted.
import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { FastifyInstance } from 'fastify';
import { type ProblemCode, ProblemError } from '@gatehouse/problem-details';

type Incoming = IncomingMessage | Http2ServerRequest;

/** Refuses what breaks a rule; installed before every other hook. */
export function installMessageRules(app: FastifyInstance, maxBodyBytes: number, maxHeaderBytes = Infinity): void {
  app.addHook('onRequest', ({ raw }, reply, done) => {
    const code = brokenRule(raw) ?? tooLarge(raw, maxHeaderBytes);
    if (!code) return done();
    if (raw.httpVersionMajor === 1) reply.header('connection', 'close');
    done(new ProblemError(code));
  });
  // Whoever asks first is told to go on only now: who may not call has been refused by then, and sends no body.
  app.addHook('preParsing', ({ raw }, reply, payload, done) => {
    const asks = raw.headers.expect !== undefined && Number(raw.headers['content-length'] ?? 0) <= maxBodyBytes;
    if (asks && !reply.raw.headersSent) reply.raw.writeContinue();
    done(null, payload);
  });
}

/** The code of the first rule that a request breaks. */
export function brokenRule(request: Incoming): ProblemCode | undefined {
  const { headers, url = '' } = request;
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') return 'expectation-failed';
  if (url.includes('#')) return 'malformed-url';
  // Node keeps the first of two; what is in front of it may have looked at the second
  if (headers.authorization !== undefined && count(request.rawHeaders, 'authorization') > 1) return 'malformed-http';
  return request.httpVersionMajor === 2 ? brokenBy2(request as Http2ServerRequest) : brokenBy1(request, url);
}

/** Node holds the limit of HTTP/1.1, and that of HTTP/2 only from the client's acknowledgement on: until then 64 KiB pass. */
function tooLarge({ httpVersionMajor, rawHeaders }: Incoming, most: number): ProblemCode | undefined {
  if (httpVersionMajor === 1) return undefined;
  let bytes = 16 * rawHeaders.length; // 32 a field: RFC 9113 §6.5.2
  for (const text of rawHeaders) bytes += text.length;
  return bytes > most ? 'headers-too-large' : undefined;
}

function brokenBy1({ headers, rawHeaders, httpVersion }: Incoming, url: string): ProblemCode | undefined {
  const coding = headers['transfer-encoding'];
  if (coding !== undefined) {
    if (httpVersion !== '1.1') return 'malformed-http';
    if (coding.toLowerCase() !== 'chunked') return 'not-implemented';
  }
  if (httpVersion === '0.9') return 'malformed-http';
  const { host } = headers;
  if (host === undefined) return httpVersion === '1.1' ? 'malformed-http' : undefined;
  if (!isAuthority(host) || count(rawHeaders, 'host') !== 1) return 'malformed-http';
  // absolute-form: proxies route by it, servers by Host
  if (url.charCodeAt(0) === SLASH || url === '*') return undefined;
  return url.toLowerCase().startsWith(`https://${host.toLowerCase()}/`) ? undefined : 'malformed-http';
}

function brokenBy2({ headers, scheme, authority }: Http2ServerRequest): ProblemCode | undefined {
  const host = headers.host ?? authority;
  if (scheme !== 'https' || !host || !isAuthority(host)) return 'malformed-http';
  return authority && authority.toLowerCase() !== host.toLowerCase() ? 'malformed-http' : undefined;
}

const SLASH = 0x2f;

/** A name or address with or without a port (RFC 3986 §3.2), and no user. */
const AUTHORITY = /^(?:[\w.~!$&'()*+,;=%-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;

let last = '';

/** Most callers say the same name again and again. */
function isAuthority(host: string): boolean {
  if (host === last) return true;
  if (!AUTHORITY.test(host)) return false;
  last = host;
  return true;
}

function count(rawHeaders: readonly string[], wanted: string): number {
  let found = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === wanted.length && name.toLowerCase() === wanted) found += 1;
  }
  return found;
}
