// Who a client certificate says that its holder is: the SPIFFE ID of its URI subjectAltName (X509-SVID §2), or its distinguished name.
// Names are read from the DER, never from a printed form that a name with commas or line breaks could forge (CVE-2021-44532).
import type { TLSSocket } from 'node:tls';
import type { X509Certificate } from 'node:crypto';
import { extensionOf, readDer } from '../der.reader.ts';

/** The holder of a client certificate that the private CA of the listener signed. */
export interface ClientIdentity {
  readonly kind: 'spiffe' | 'dn';
  /** `spiffe://example.org/orders`, or `CN=orders, O=Example`. */
  readonly id: string;
  /** Of a SPIFFE ID. */
  readonly trustDomain?: string;
  /** Hex. */
  readonly serial: string;
  /** SHA-256 of the certificate, hex with colons; what a token is bound to is its base64url (RFC 8705 §3.1). */
  readonly fingerprint256: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/** What a client socket tells; also the socket of an HTTP/2 request. */
export type ClientSocket = Pick<TLSSocket, 'authorized' | 'getPeerX509Certificate'>;

const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)+)$/;
/** subjectAltName, and the tag of a URI in it (RFC 5280 §4.2.1.6). */
const SUBJECT_ALT_NAME = '551d11';
const URI = 0x86;
const known = new WeakMap<object, ClientIdentity | undefined>();

/** Whose identities count. */
export interface ClientIdentityRules {
  /** SPIFFE trust domains; none listed: every one that the private CA signs, and distinguished names too. */
  readonly spiffeTrustDomains?: readonly string[];
}

/**
 * The identity of a connection, or undefined when its client showed no certificate, one that the private CA did not sign, one that has
 * expired since, or one that names its holder ambiguously. Remembered for each connection.
 *
 * @param socket of the request: `request.socket`, also that of an HTTP/2 request
 */
export function clientIdentity(
  socket: Partial<ClientSocket>,
  { spiffeTrustDomains = [] }: ClientIdentityRules = {},
  now: number = Date.now(),
): ClientIdentity | undefined {
  if (!known.has(socket)) known.set(socket, readOrNobody(socket));
  const identity = known.get(socket);
  if (!identity || identity.notAfter <= now) return undefined;
  if (spiffeTrustDomains.length === 0) return identity;
  return spiffeTrustDomains.includes(identity.trustDomain ?? '') ? identity : undefined;
}

/** A certificate that cannot be read to the end names nobody. */
function readOrNobody(socket: Partial<ClientSocket>): ClientIdentity | undefined {
  try {
    return readIdentity(socket);
  } catch {
    return undefined;
  }
}

function readIdentity(socket: Partial<ClientSocket>): ClientIdentity | undefined {
  if (socket.authorized !== true) return undefined;
  const peer = socket.getPeerX509Certificate?.();
  if (!peer || peer.ca) return undefined;
  const name = identityName(peer);
  if (!name) return undefined;
  const { serialNumber: serial, fingerprint256, validToDate } = peer;
  return { ...name, serial, fingerprint256, notAfter: validToDate.getTime() };
}

/** One URI at most: with two, a reader of the first and a reader of the last would see different callers. */
function identityName(certificate: X509Certificate): Pick<ClientIdentity, 'kind' | 'id' | 'trustDomain'> | undefined {
  const [uri, second] = urisOf(certificate.raw);
  if (second !== undefined) return undefined;
  if (uri === undefined) return distinguishedName(certificate);
  const [, trustDomain, path = ''] = SPIFFE_ID.exec(uri) ?? [];
  if (!trustDomain || uri.length > 2_048) return undefined;
  if (path.split('/').some((part) => part === '.' || part === '..')) return undefined;
  return { kind: 'spiffe', id: uri, trustDomain };
}

function urisOf(certificate: Buffer): string[] {
  const [names] = readDer(extensionOf(certificate, SUBJECT_ALT_NAME) ?? Buffer.alloc(0));
  return readDer(names?.value ?? Buffer.alloc(0)).flatMap(({ tag, value }) =>
    tag === URI ? value.toString('latin1') : [],
  );
}

/** Node puts each part on a line of its own and escapes what has a meaning (RFC 2253), so that no value reads as two. */
function distinguishedName({ subject }: X509Certificate): Pick<ClientIdentity, 'kind' | 'id'> | undefined {
  return subject ? { kind: 'dn', id: subject.split('\n').join(', ') } : undefined;
}
