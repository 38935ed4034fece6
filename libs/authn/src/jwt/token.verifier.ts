// JWT access tokens (RFC 9068, RFC 8725): the issuer chooses its keys, a key chooses its algorithms, and every claim that says for whom
// and until when is required. jose does the signature: a token is verified once and then found in the cache, so that its 108 µs against
// the 65 of a hand-made one buy a kept library where a mistake would be an open door.
import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type ProtectedHeaderParameters,
} from 'jose';
import { CredentialRefusedError, type RefusalReason } from '../authn.error.ts';
import type { IssuerOptions } from '../authn.options.ts';
import type { Principal } from '../principal.ts';
import { refuseOtherSpellings } from './compact.form.ts';
import { principalOf } from './token.claims.ts';
import type { IssuerKey, IssuerKeys } from './issuer.keys.ts';

/** What a verified token gives. */
export interface VerifiedToken {
  readonly principal: Principal;
  /** Cached only as long as this is in force. */
  readonly key: IssuerKey;
  /** Milliseconds since the epoch, without skew: a cached token ends when it says. */
  readonly expiresAt: number;
  readonly issuedAt: number;
  /** The thumbprint of the key that DPoP proofs must be signed by (RFC 9449 §6). */
  readonly jkt?: string;
  /** The certificate that must be shown (RFC 8705 §3.1). */
  readonly x5t?: string;
}

/** One issuer with its keys. */
export interface TrustedIssuer {
  readonly options: IssuerOptions;
  readonly keys: IssuerKeys;
}

/**
 * Verifies a token.
 * @throws CredentialRefusedError; ProblemError 503 while the issuer's keys cannot be had
 */
export async function verifyToken(
  token: string,
  issuers: ReadonlyMap<string, TrustedIssuer>,
  now: number = Date.now(),
): Promise<VerifiedToken> {
  const { header, payload: unverified } = decode(token);
  // Which issuer to ask: the signature then proves that it was that one.
  const trusted = typeof unverified.iss === 'string' ? issuers.get(unverified.iss) : undefined;
  if (!trusted) throw new CredentialRefusedError('unknown-issuer');
  const { options, keys } = trusted;
  const algorithm = header.alg ?? '';
  if (!options.algorithms.some((allowed) => allowed === algorithm)) throw new CredentialRefusedError('algorithm');
  if (!options.tokenTypes.some((type) => sameType(type, header.typ))) throw new CredentialRefusedError('wrong-type');
  const found = await keys.find(header.kid, algorithm);
  if (found.length === 0) throw new CredentialRefusedError('unknown-key');
  const { payload, key } = await verifyWithOneOf(found, token, algorithm, options, now);
  return { ...principalOf(payload, options, now, header.typ), key };
}

function decode(token: string): { header: ProtectedHeaderParameters; payload: JWTPayload } {
  try {
    refuseOtherSpellings(token);
    const header = decodeProtectedHeader(token);
    if (header.kid !== undefined && (typeof header.kid !== 'string' || header.kid.length > 512)) throw new Error('kid');
    return { header, payload: decodeJwt(token) };
  } catch (cause) {
    throw new CredentialRefusedError('malformed', { cause });
  }
}

/** `application/` may be left out (RFC 7515 §4.1.9). */
function sameType(allowed: string, typ: unknown): boolean {
  const plain = (type: string) => type.toLowerCase().replace(/^application\//, '');
  return typeof typ === 'string' && plain(typ) === plain(allowed);
}

/** Two keys may share a kid while an issuer changes one. */
async function verifyWithOneOf(
  keys: readonly IssuerKey[],
  token: string,
  algorithm: string,
  options: IssuerOptions,
  now: number,
): Promise<{ payload: JWTPayload; key: IssuerKey }> {
  let refusal: unknown;
  for (const key of keys.slice(0, 4)) {
    try {
      const { payload } = await jwtVerify(token, key.key, {
        algorithms: [algorithm],
        issuer: options.issuer,
        audience: options.audience,
        clockTolerance: options.clockSkewSeconds,
        requiredClaims: ['iss', 'aud', 'exp', 'iat', 'sub'],
        currentDate: new Date(now),
      });
      return { payload, key };
    } catch (error) {
      refusal = error;
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
    }
  }
  throw new CredentialRefusedError(reasonOf(refusal), { cause: refusal });
}

function reasonOf(error: unknown): RefusalReason {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'audience';
    return error.claim === 'nbf' ? 'not-yet-valid' : 'claims';
  }
  return 'malformed';
}
