// ES256 keys from the keyring: the newest signs, the others are still shown, so that `gatehouse secrets rotate identity signingKeys` is a
// rotation with overlap.
import { createECDH } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';

/** Private JWKs, the newest first. */
export function signingKeys(scalars: readonly Uint8Array[]): Promise<JWK[]> {
  return Promise.all(scalars.slice(0, 3).map(keyOf));
}

async function keyOf(scalar: Uint8Array): Promise<JWK> {
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(scalar);
  const point = pair.getPublicKey();
  const part = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  const jwk = { kty: 'EC', crv: 'P-256', x: part(point.subarray(1, 33)), y: part(point.subarray(33)) };
  return { ...jwk, d: part(scalar), alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}
