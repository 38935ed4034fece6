// Reads what a server answers to a ClientHello: alert, ServerHello or HelloRetryRequest and, before 1.3, its key exchange.
// RFC 8446 §4.1.3–4.1.4, RFC 5246 §7.4.2–7.4.3, RFC 8422 §5.4.
import { ByteReader, MalformedTlsError } from './byte.reader.ts';
import { CONTENT, EXTENSION, HANDSHAKE, VERSION } from './tls.constants.ts';

/** What the server chose. */
export interface ServerHello {
  readonly version: number;
  readonly suite: number;
  /** TLS 1.3: the group of its share or of its retry. Before: the curve of its key exchange. */
  readonly group?: number;
  /** TLS 1.3: it asked for another key share instead of going on. */
  readonly retry: boolean;
  readonly alpn?: string;
  readonly compression: number;
  readonly secureRenegotiation: boolean;
  readonly extendedMasterSecret: boolean;
  readonly sessionTicket: boolean;
  /** Before 1.3 with DHE: size of the prime, bits. */
  readonly dhPrimeBits?: number;
}

export interface Alert {
  readonly fatal: boolean;
  readonly description: number;
}

/** As much of the server's first flight as the bytes hold. */
export interface ServerFlight {
  readonly alert?: Alert;
  readonly hello?: ServerHello;
  /** The flight is whole: nothing more will come until the client speaks. */
  readonly complete: boolean;
}

// SHA-256("HelloRetryRequest"): the random that marks a ServerHello as a retry (RFC 8446 §4.1.3).
const RETRY_RANDOM = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');

/**
 * Decodes the bytes received so far.
 * @throws {MalformedTlsError} when they are not TLS at all
 */
export function decodeServerFlight(bytes: Buffer): ServerFlight {
  const { handshake, alert } = records(bytes);
  let hello: ServerHello | undefined;
  let complete = false;
  for (const { type, body } of messages(handshake)) {
    if (type === HANDSHAKE.serverHello) hello = serverHello(new ByteReader(body));
    if (type === HANDSHAKE.serverKeyExchange && hello) hello = { ...hello, ...keyExchange(hello.suite, body) };
    if (type === HANDSHAKE.serverHelloDone) complete = true;
  }
  return { alert, hello, complete: complete || alert !== undefined || hello?.version === VERSION.tls13 };
}

function records(bytes: Buffer): { handshake: Buffer; alert?: Alert } {
  const parts: Buffer[] = [];
  let alert: Alert | undefined;
  for (let rest = bytes; rest.length >= 5 && !alert;) {
    const [type, major] = [rest[0], rest[1]];
    if (type < 20 || type > 24 || major !== 3)
      throw new MalformedTlsError(`not a TLS record: ${rest.subarray(0, 5).toString('hex')}`);
    const length = rest.readUInt16BE(3);
    const body = rest.subarray(5, 5 + length);
    if (body.length < length) break;
    if (type === CONTENT.handshake) parts.push(body);
    if (type === CONTENT.alert && length >= 2) alert = { fatal: body[0] === 2, description: body[1] };
    rest = rest.subarray(5 + length);
  }
  return { handshake: Buffer.concat(parts), alert };
}

function* messages(handshake: Buffer): Generator<{ type: number; body: Buffer }> {
  for (let rest = handshake; rest.length >= 4;) {
    const length = rest.readUIntBE(1, 3);
    if (rest.length < 4 + length) return;
    yield { type: rest[0], body: rest.subarray(4, 4 + length) };
    rest = rest.subarray(4 + length);
  }
}

function serverHello(reader: ByteReader): ServerHello {
  const legacyVersion = reader.uint(2);
  const retry = reader.take(32).equals(RETRY_RANDOM);
  reader.vector(1); // session id
  const suite = reader.uint(2);
  const compression = reader.uint(1);
  const found = reader.remaining > 0 ? extensions(new ByteReader(reader.vector(2))) : new Map<number, Buffer>();
  const alpn = found.get(EXTENSION.alpn);
  return {
    version: found.get(EXTENSION.supportedVersions)?.readUInt16BE(0) ?? legacyVersion,
    suite,
    compression,
    retry,
    group: found.get(EXTENSION.keyShare)?.readUInt16BE(0),
    alpn: alpn && alpn.length > 3 ? alpn.subarray(3).toString() : undefined,
    secureRenegotiation: found.has(EXTENSION.renegotiationInfo),
    extendedMasterSecret: found.has(EXTENSION.extendedMasterSecret),
    sessionTicket: found.has(EXTENSION.sessionTicket),
  };
}

function extensions(reader: ByteReader): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  while (reader.remaining >= 4) found.set(reader.uint(2), reader.vector(2));
  return found;
}

const isEcdhe = (suite: number): boolean => suite >> 8 === 0xc0 || suite >> 8 === 0xcc;

function keyExchange(suite: number, body: Buffer): Pick<ServerHello, 'group' | 'dhPrimeBits'> {
  const NAMED_CURVE = 3;
  // 0xc0.. and 0xcc.. hold the ECDHE suites, and 0xccaa and 0xc09e.. a few DHE ones: a named curve tells them apart
  if (isEcdhe(suite) && body[0] === NAMED_CURVE) return { group: body.readUInt16BE(1) };
  const prime = new ByteReader(body).vector(2);
  return { dhPrimeBits: prime.length * 8 };
}
