// With which algorithms a published key may be used: its own, and those alone. That a key decides, and not the header of a token, is
// what ends "HMAC with the public key" (RFC 8725 §3.1).
import type { JWK } from 'jose';

const BY_CURVE: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA', 'Ed25519'],
};
const RSA = ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'];

/** NIST SP 800-57 part 1: 112 bits of strength. */
const MIN_RSA_BYTES = 256;

/** The algorithms, or in words why the key is of no use. */
export function algorithmsOf(jwk: JWK, allowed: readonly string[]): readonly string[] | string {
  if (jwk.kty === 'oct') return 'a secret in a public key set';
  if ('d' in jwk) return 'its private part is published: the issuer has to replace it';
  if (jwk.use !== undefined && jwk.use !== 'sig') return 'it is not for signatures';
  if (jwk.key_ops && !jwk.key_ops.includes('verify')) return 'it is not for signatures';
  const possible = jwk.kty === 'RSA' ? RSA : (BY_CURVE[jwk.crv ?? ''] ?? []);
  if (jwk.kty === 'RSA' && Buffer.from(jwk.n ?? '', 'base64url').length < MIN_RSA_BYTES) return 'RSA below 2048 bits';
  const usable = possible.filter(
    (name) => allowed.includes(name) && (jwk.alg === undefined || jwk.alg === name || isEdDsa(jwk.alg, name)),
  );
  return usable.length > 0 ? usable : 'no algorithm of it is allowed';
}

/** RFC 9864 gave EdDSA with this curve a name of its own. */
const isEdDsa = (a: string, b: string) => [a, b].every((name) => name === 'EdDSA' || name === 'Ed25519');
