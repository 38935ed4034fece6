// SPKI pins (RFC 7469 §2.4): the SHA-256 of a public key, so that a renewed certificate keeps its pin as long as it keeps its key.
import { createHash, X509Certificate, type KeyObject } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';

const PREFIX = 'sha256/';
const MAX_CHAIN = 10;

/** The pin of a public key: `sha256/` and base64. */
export function pinOfKey(key: KeyObject): string {
  return (
    PREFIX +
    createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('base64')
  );
}

/** Whether a text is a pin in its only spelling. */
export function isPin(text: string): boolean {
  const digest = Buffer.from(text.slice(PREFIX.length), 'base64');
  return digest.length === 32 && text === PREFIX + digest.toString('base64');
}

/**
 * The chain that really vouches for a peer's certificate, the leaf first. Each link has to name its issuer, to be signed with the
 * issuer's key, and the issuer has to be a CA. A server may append whatever it likes, such as the genuine pinned CA: it does not count.
 */
export function vouchedChain(peer: DetailedPeerCertificate): X509Certificate[] {
  const chain = [new X509Certificate(peer.raw)];
  let next: DetailedPeerCertificate | undefined = peer.issuerCertificate;
  while (next && chain.length < MAX_CHAIN) {
    const [below, issuer] = [chain[chain.length - 1], new X509Certificate(next.raw)] as const;
    if (!below || below.fingerprint256 === issuer.fingerprint256 || !vouches(issuer, below)) break;
    chain.push(issuer);
    next = next.issuerCertificate;
  }
  return chain;
}

function vouches(issuer: X509Certificate, below: X509Certificate): boolean {
  return issuer.ca && below.checkIssued(issuer) && below.verify(issuer.publicKey);
}
