// Tokens that only the holder of a client certificate may use (RFC 8705 §3): the certificate of the connection is compared with the
// thumbprint in the token.
import { timingSafeEqual } from 'node:crypto';
import type { ClientIdentity } from '@gatehouse/tls';

/** Whether the connection shows the certificate that a token is bound to. */
export function showsCertificate(identity: ClientIdentity | undefined, x5t: string): boolean {
  if (!identity) return false;
  const [shown, bound] = [
    Buffer.from(identity.fingerprint256.replaceAll(':', ''), 'hex'),
    Buffer.from(x5t, 'base64url'),
  ];
  return shown.length === bound.length && timingSafeEqual(shown, bound);
}
