// What a listener really serves, seen by a handshake with it: metrics and alarms are of this certificate, not of the file on disk,
// which may be new while an old one is still served.
import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { duplexPair } from 'node:stream';
import { connect, type ConnectionOptions, type Server } from 'node:tls';
import { factsOf, type CertificateFacts } from './certificate.facts.ts';

const TIMEOUT_MS = 5_000;

/**
 * @param servername the name to ask for; undefined: none, so that the first certificate answers
 * @throws Error when the handshake fails or takes longer than 5 s
 */
export async function probeServed(server: Server, servername?: string): Promise<CertificateFacts> {
  const target = targetOf(server);
  if (target) return handshake({ ...target, servername: servername ?? '' });
  // Behind a front that hands connections over, the server has no port of its own.
  const [ours, theirs] = duplexPair();
  server.emit('connection', theirs);
  return handshake({ socket: ours, servername: servername ?? '' });
}

/** Whether the failure of a probe is an answer of TLS, rather than a listener that is too busy or gone. */
export function isRefusal(error: NodeJS.ErrnoException): boolean {
  return error.code?.startsWith('ERR_SSL') === true;
}

/** A handshake with an address, such as `gatehouse certs status` makes. */
export function handshake(options: ConnectionOptions): Promise<CertificateFacts> {
  return new Promise((resolve, reject) => {
    // Any certificate is looked at, an expired one too: nothing is sent or believed on this connection.
    const socket = connect({ ...options, rejectUnauthorized: false });
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(TIMEOUT_MS, () => fail(new Error(`no handshake within ${TIMEOUT_MS} ms`)));
    socket.once('error', fail).once('close', () => reject(new Error('the connection was closed')));
    socket.once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate();
      if (raw) resolve(factsOf(new X509Certificate(raw)));
      fail(new Error('no certificate'));
    });
  });
}

function targetOf(server: Server): ConnectionOptions | undefined {
  const address = server.address() as AddressInfo | string | null;
  if (address === null) return undefined;
  if (typeof address === 'string') return { path: address };
  return { host: loopbackOf(address.address), port: address.port };
}

/** Where this machine reaches a listener that listens on every address. */
export function loopbackOf(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}
