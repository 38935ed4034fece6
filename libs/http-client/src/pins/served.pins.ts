// Pins of what a host serves now, to compare with and to begin from.
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { HttpClientConfigError, TimedOutError } from '../http-client.error.ts';
import { connectionError } from '../connection/connection.errors.ts';
import { bareHost, readHostEntry } from '../egress/host.name.ts';
import { pinOfKey, vouchedChain } from './spki.pin.ts';

/** A key that vouches for a host. */
export interface CertificatePin {
  readonly pin: string;
  readonly subject: string;
  readonly isAuthority: boolean;
  /** ISO 8601. */
  readonly notAfter: string;
}

/** What a host serves. */
export interface ServedPins {
  readonly host: string;
  /** Why the chain is not to be believed; absent when it is verified. */
  readonly untrusted?: string;
  /** The leaf first. */
  readonly pins: readonly CertificatePin[];
}

const TIMEOUT_MS = 10_000;

/**
 * Pins of certificates in PEM, in their order.
 *
 * @throws HttpClientConfigError when there is none, or one is damaged
 */
export function pinsOfPem(pem: string): CertificatePin[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0)
    throw new HttpClientConfigError('certificate', 'no PEM certificate in it', 'give a certificate or a chain');
  try {
    return blocks.map((block) => describe(new X509Certificate(block)));
  } catch {
    throw new HttpClientConfigError('certificate', 'it is damaged', 'write the file again');
  }
}

/**
 * Makes a handshake, whatever the certificate, and sends nothing.
 *
 * @param address host:port
 * @throws HttpClientConfigError for what is no host, ConnectionFailedError, TimedOutError
 */
export async function servedPins(address: string, { ca }: { ca?: string } = {}): Promise<ServedPins> {
  const entry = readHostEntry(address);
  if ('wrong' in entry) throw new HttpClientConfigError('host', 'it is no host and port', entry.wrong);
  const url = new URL(`https://${entry.key}`);
  const host = bareHost(url.hostname);
  const socket = connect({
    ...{ host, ca, rejectUnauthorized: false, port: Number(url.port || 443) },
    servername: isIP(host) ? undefined : host,
  });
  try {
    await handshake(socket, entry.key);
    const peer = socket.getPeerCertificate(true) as DetailedPeerCertificate;
    const reason = socket.authorized ? undefined : String(socket.authorizationError);
    return { host: entry.key, untrusted: reason, pins: vouchedChain(peer).map(describe) };
  } finally {
    socket.destroy();
  }
}

function handshake(socket: TLSSocket, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.on('error', (error) => reject(connectionError(host, error)));
    socket.setTimeout(TIMEOUT_MS, () => reject(new TimedOutError(host, 'connect', TIMEOUT_MS)));
  });
}

function describe({ publicKey, subject, ca, validToDate }: X509Certificate): CertificatePin {
  return {
    pin: pinOfKey(publicKey),
    subject: subject?.replaceAll('\n', ', ') ?? '',
    isAuthority: ca,
    notAfter: validToDate.toISOString(),
  };
}
