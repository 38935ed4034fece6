// Signed requests of ACME (RFC 8555 §6.2; RFC 7515, ES256) and the thumbprint of the account key (RFC 7638).
import { createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** How a request says whose it is: by the key while there is no account, by the account's URL afterwards. */
export type JwsIdentity = { readonly jwk: JsonWebKey } | { readonly kid: string };

/** The public part of a P-256 key, its members in the order of the thumbprint. */
export interface JsonWebKey {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

/** PKCS #8, PEM. */
export function newAccountKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** @param key a private key */
export function publicJwk(key: KeyObject): JsonWebKey {
  const { crv = '', kty = '', x = '', y = '' } = key.export({ format: 'jwk' });
  return { crv, kty, x, y };
}

/** What proves control of a name, together with the token (RFC 8555 §8.1). */
export function keyAuthorization(token: string, key: KeyObject): string {
  const thumbprint = createHash('sha256')
    .update(JSON.stringify(publicJwk(key)))
    .digest('base64url');
  return `${token}.${thumbprint}`;
}

/** @param payload undefined: an empty one, which reads a resource (POST-as-GET) */
export function signed(
  key: KeyObject,
  header: JwsIdentity & { nonce: string; url: string },
  payload?: unknown,
): string {
  const [protectedHeader, body] = [encode({ alg: 'ES256', ...header }), payload === undefined ? '' : encode(payload)];
  const input = Buffer.from(`${protectedHeader}.${body}`);
  const signature = sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  return JSON.stringify({ protected: protectedHeader, payload: body, signature });
}

/** Binds a new account to one that the CA has already (RFC 8555 §7.3.4). @param hmacKey base64url */
export function externalBinding(key: KeyObject, url: string, keyId: string, hmacKey: string): object {
  const [protectedHeader, payload] = [encode({ alg: 'HS256', kid: keyId, url }), encode(publicJwk(key))];
  const hmac = createHmac('sha256', Buffer.from(hmacKey, 'base64url')).update(`${protectedHeader}.${payload}`);
  return { protected: protectedHeader, payload, signature: hmac.digest('base64url') };
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
