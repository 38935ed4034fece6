// Writes a ClientHello of any age, byte by byte: Node itself can no longer ask for what must be seen to be refused.
// RFC 8446 §4.1.2 (1.3), RFC 5246 §7.4.1.2 (1.2), RFC 6101 §5.6.1.2 (SSL 3.0).
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { uint, uint16List, vector } from './byte.writer.ts';
import { CONTENT, EXTENSION, GROUP, HANDSHAKE, SIGNATURE_SCHEMES, VERSION } from './tls.constants.ts';

/** What to ask a server for. */
export interface ClientHello {
  /** The one version asked for. */
  readonly version: number;
  readonly suites: readonly number[];
  /** Default: every classical group that is common. */
  readonly groups?: readonly number[];
  /** Sent as SNI unless it is an address. */
  readonly serverName?: string;
  readonly alpn?: readonly string[];
  /** TLS 1.3: send an X25519 share, or none, so that the server must name the group that it wants. Default `none`. */
  readonly keyShare?: 'x25519' | 'none';
  /** Offer DEFLATE beside no compression. */
  readonly compression?: boolean;
}

const DEFAULT_GROUPS = [GROUP.x25519, GROUP.secp256r1, GROUP.secp384r1, GROUP.secp521r1, GROUP.x448];

/** One record with the whole ClientHello. */
export function encodeClientHello(hello: ClientHello): Buffer {
  const is13 = hello.version === VERSION.tls13;
  const body = Buffer.concat([
    uint(is13 ? VERSION.tls12 : hello.version, 2),
    randomBytes(32),
    vector(1, is13 ? randomBytes(32) : Buffer.alloc(0)),
    uint16List(hello.suites),
    vector(1, Buffer.from(hello.compression ? [1, 0] : [0])),
    ...(hello.version === VERSION.ssl3 ? [] : [vector(2, ...extensions(hello))]),
  ]);
  const record = hello.version === VERSION.ssl3 ? VERSION.ssl3 : VERSION.tls10;
  return Buffer.concat([
    Buffer.from([CONTENT.handshake]),
    uint(record, 2),
    vector(2, Buffer.from([HANDSHAKE.clientHello]), vector(3, body)),
  ]);
}

/** The ClientHello of SSL 2.0, which has a format of its own (draft-hickman-netscape-ssl-00, 1995). */
export function encodeSsl2ClientHello(): Buffer {
  const suites = ['010080', '020080', '030080', '040080', '050080', '060040', '0700c0'].map((id) =>
    Buffer.from(id, 'hex'),
  );
  const challenge = randomBytes(16);
  const body = Buffer.concat([
    Buffer.from([HANDSHAKE.clientHello]),
    uint(0x0002, 2),
    uint(suites.length * 3, 2),
    uint(0, 2),
    uint(challenge.length, 2),
    ...suites,
    challenge,
  ]);
  return Buffer.concat([uint(0x8000 | body.length, 2), body]);
}

function extensions(hello: ClientHello): Buffer[] {
  const groups = hello.groups ?? DEFAULT_GROUPS;
  const list = [
    extension(EXTENSION.supportedGroups, uint16List(groups)),
    extension(EXTENSION.signatureAlgorithms, uint16List(SIGNATURE_SCHEMES)),
  ];
  if (hello.serverName && isIP(hello.serverName) === 0) {
    const name = vector(2, Buffer.from(hello.serverName));
    list.push(extension(EXTENSION.serverName, vector(2, Buffer.from([0]), name)));
  }
  if (hello.alpn) {
    const protocols = hello.alpn.map((protocol) => vector(1, Buffer.from(protocol)));
    list.push(extension(EXTENSION.alpn, vector(2, ...protocols)));
  }
  return hello.version === VERSION.tls13 ? [...list, ...tls13Extensions(hello)] : [...list, ...olderExtensions()];
}

function tls13Extensions(hello: ClientHello): Buffer[] {
  // any 32 bytes are an X25519 public key
  const share = hello.keyShare === 'x25519' ? [uint(GROUP.x25519, 2), vector(2, randomBytes(32))] : [];
  return [
    extension(EXTENSION.supportedVersions, vector(1, uint(VERSION.tls13, 2))),
    extension(EXTENSION.pskKeyExchangeModes, vector(1, Buffer.from([1]))),
    extension(EXTENSION.keyShare, vector(2, ...share)),
  ];
}

function olderExtensions(): Buffer[] {
  return [
    extension(EXTENSION.ecPointFormats, vector(1, Buffer.from([0]))),
    extension(EXTENSION.extendedMasterSecret, Buffer.alloc(0)),
    extension(EXTENSION.sessionTicket, Buffer.alloc(0)),
    extension(EXTENSION.renegotiationInfo, vector(1)),
  ];
}

function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([uint(type, 2), vector(2, data)]);
}
