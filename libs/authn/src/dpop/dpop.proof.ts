// Proof of possession (RFC 9449 §4.3): a stolen token is of no use without the key that signs each request's method and address.
// Nonces are not used: proofs live a minute, the replicas remember together those that they saw, and what is older than their memory is
// refused.
import { hash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { CredentialRefusedError } from '../authn.error.ts';
import { refuseOtherSpellings } from '../jwt/compact.form.ts';
import type { SharedProofs } from './shared.proofs.ts';

/** Said in WWW-Authenticate too. */
export const DPOP_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'ES384', 'PS256'];

/** Proofs come from a caller's clock, which may be ahead by this much. */
const SKEW_MS = 5_000;

/** What a proof has to fit. */
export interface ProofExpectation {
  readonly method: string;
  /** Absolute; query and fragment do not count. */
  readonly url: string;
  readonly token: string;
  readonly jkt: string;
  readonly maxAgeSeconds: number;
  /** Refused while the replicas cannot know together whether it was shown before. */
  readonly failClosed?: boolean;
}

/** How long a proof could be shown again: from the earliest clock that is accepted to the latest. */
export const replayWindowMs = (maxAgeSeconds: number): number => maxAgeSeconds * 1_000 + SKEW_MS;

/** @throws CredentialRefusedError `proof`, `unbound`, `replayed`; `unremembered` when it is older than what is remembered */
export async function verifyProof(
  proof: string,
  expected: ProofExpectation,
  proofs: SharedProofs,
  now: number = Date.now(),
): Promise<void> {
  const { payload, protectedHeader } = await verified(proof, now).catch((cause: unknown) => {
    throw new CredentialRefusedError('proof', { cause });
  });
  const { jti, htm, htu, iat, ath } = payload;
  const age = now - Number(iat) * 1_000;
  const fits =
    typeof jti === 'string' &&
    jti.length >= 8 &&
    jti.length <= 512 &&
    htm === expected.method &&
    sameAddress(htu, expected.url) &&
    age <= expected.maxAgeSeconds * 1_000 &&
    age >= -SKEW_MS &&
    ath === hash('sha256', expected.token, 'base64url');
  if (!fits) throw new CredentialRefusedError('proof');
  const jkt = await calculateJwkThumbprint(protectedHeader.jwk as object);
  if (jkt !== expected.jkt) throw new CredentialRefusedError('unbound');
  const verdict = await proofs.take({ jkt, jti, issuedAt: Number(iat) * 1_000 }, now, expected.failClosed ?? false);
  if (verdict !== 'first') throw new CredentialRefusedError(verdict === 'seen' ? 'replayed' : 'unremembered');
}

async function verified(proof: string, now: number) {
  refuseOtherSpellings(proof);
  return jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: DPOP_ALGORITHMS,
    requiredClaims: ['jti', 'htm', 'htu', 'iat', 'ath'],
    currentDate: new Date(now),
  });
}

function sameAddress(htu: unknown, url: string): boolean {
  const plain = (text: string) => {
    const { origin, pathname } = new URL(text);
    return origin + pathname;
  };
  return typeof htu === 'string' && URL.canParse(htu) && plain(htu) === plain(url);
}
