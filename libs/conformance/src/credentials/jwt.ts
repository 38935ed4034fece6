// Tokens as an attacker makes them: taken apart, changed, signed anew by whatever key there is (RFC 7515). Node's crypto does it: a
// library that knows better would refuse to make half of them.
import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

type Members = Readonly<Record<string, unknown>>;

/** A token in its parts. */
export interface Jwt {
  readonly header: Members;
  readonly claims: Members;
  readonly signature: string;
}

/** A private key, and how it signs. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly algorithm: string;
  readonly kid?: string;
}

/** Undefined for what is no signed JWT. */
export function readJwt(token: string): Jwt | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  const [header, claims] = parts.slice(0, 2).map(parsePart);
  return header && claims ? { header, claims, signature: parts[2] } : undefined;
}

/** As the first two parts of a token are written. */
export function unsigned(header: Members, claims: Members): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}

/** A token by a key. */
export function signed(header: Members, claims: Members, { key, algorithm, kid }: SigningKey): string {
  const body = unsigned({ alg: algorithm, ...(kid !== undefined && { kid }), ...header }, claims);
  return `${body}.${signatureOf(body, key, algorithm)}`;
}

/** A token by HMAC, with a text that everybody knows as its secret. */
export function byHmac(header: Members, claims: Members, secret: string): string {
  const body = unsigned({ ...header, alg: 'HS256' }, claims);
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

/** A key that nobody trusts. */
export function strangersKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { key: privateKey, algorithm: 'ES256' };
}

/** The key of a JWK with its private part. @throws {Error} when it is none */
export function signingKeyOf(jwk: JsonWebKey & { alg?: string; kid?: string }, algorithm: string): SigningKey {
  return { key: createPrivateKey({ format: 'jwk', key: jwk }), algorithm: jwk.alg ?? algorithm, kid: jwk.kid };
}

export const publicJwk = ({ key }: SigningKey): JsonWebKey => createPublicKey(key).export({ format: 'jwk' });

/** RFC 7638, for EC keys. */
export function thumbprint({ crv, kty, x, y }: JsonWebKey): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

function signatureOf(body: string, key: KeyObject, algorithm: string): string {
  const hash = /^(ES|RS|PS)(256|384|512)$/.exec(algorithm);
  const digest = hash ? `sha${hash[2]}` : null; // Ed25519 has its own
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const how = hash?.[1] === 'PS' ? pss : { dsaEncoding: 'ieee-p1363' as const };
  return sign(digest, Buffer.from(body), { key, ...how }).toString('base64url');
}

function parsePart(part: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}
