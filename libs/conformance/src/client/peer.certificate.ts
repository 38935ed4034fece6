// The certificate that the service really serves, with what a strict client thinks of it.
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import type { Target } from '../target.ts';
import { probingTls } from './http.client.ts';

/** What the server showed in its handshake. */
export interface PeerCertificate {
  readonly leaf: X509Certificate;
  /** Why a strict client does not trust the chain; dates are judged apart. */
  readonly trustError?: string;
  /** Why the certificate does not stand for the address that was asked. */
  readonly nameError?: string;
}

/** The port takes the connection and says nothing. */
export class MuteError extends Error {
  override readonly name = 'MuteError';
}

const DATE_ERRORS = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

/** Handshakes once a run. Rejects when the port does not speak TLS. */
export function peerCertificate(target: Target): Promise<PeerCertificate> {
  return target.once('peer certificate', async () => {
    const { host, port, timeoutMs } = target.endpoint;
    const ca = await target.ca();
    const { leaf, error } = await handshake({ ...probingTls(host), ca, host, port }, timeoutMs);
    return {
      leaf,
      trustError: error && !DATE_ERRORS.includes(error) ? error : undefined,
      nameError: matches(leaf, host) ? undefined : `it is for ${leaf.subjectAltName ?? 'no name at all'}`,
    };
  });
}

function handshake(options: ConnectionOptions, timeoutMs: number): Promise<{ leaf: X509Certificate; error?: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...options, checkServerIdentity: () => undefined });
    socket.setTimeout(timeoutMs, () => socket.destroy(new MuteError(`no TLS handshake within ${timeoutMs} ms`)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed during the handshake')));
    socket.on('secureConnect', () => {
      const leaf = socket.getPeerX509Certificate();
      // the declared type is Error, but Node hands out the code
      const error = socket.authorizationError as unknown as string | Error | null;
      if (leaf) resolve({ leaf, error: typeof error === 'string' ? error : error?.message });
      socket.end();
    });
  });
}

function matches(leaf: X509Certificate, host: string): boolean {
  // only subjectAltName counts (RFC 9110 §4.3.4); Node's default would fall back to the subject
  return (isIP(host) === 0 ? leaf.checkHost(host, { subject: 'never' }) : leaf.checkIP(host)) !== undefined;
}
