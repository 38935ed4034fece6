// The public keys of an issuer, as anybody gets them: an attacker's raw material for "HMAC with the public key".
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { skip } from '../check.ts';
import { jsonOf } from '../client/answer.ts';
import type { Target } from '../target.ts';
import { publicJwk, signingKeyOf, type Jwt } from './jwt.ts';

/** The key that signed the token; skips the check when its issuer does not show it. */
export async function publicKeyOf(target: Target, { header, claims }: Jwt): Promise<JsonWebKey> {
  const own = await target.issuerKey();
  if (own) return publicJwk(signingKeyOf(own, String(header.alg)));
  const issuer = String(claims.iss);
  const cannot = (): never => skip(`the public keys of ${issuer} cannot be had`);
  if (!URL.canParse(issuer) || !/^https?:/.test(issuer)) return cannot();
  const about = await json(target, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const address = String(about?.jwks_uri);
  const set = URL.canParse(address) ? await json(target, address) : undefined;
  const keys = Array.isArray(set?.keys) ? (set.keys as (JsonWebKey & { kid?: string })[]) : [];
  return keys.find(({ kid }) => kid === header.kid) ?? keys[0] ?? cannot();
}

/** What careless code hands to an HMAC when it was told to verify with this key. */
export function secretsOf(jwk: JsonWebKey): readonly string[] {
  const key = createPublicKey({ format: 'jwk', key: jwk });
  const pem = String(key.export({ format: 'pem', type: 'spki' }));
  return [pem, JSON.stringify(jwk)];
}

async function json(target: Target, address: string): Promise<Record<string, unknown> | undefined> {
  const answer = await target.fetch({ url: new URL(address) });
  return answer.status === 200 ? (jsonOf(answer) as Record<string, unknown> | undefined) : undefined;
}
