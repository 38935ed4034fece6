// What a refused caller is told: which kinds of credential there are, and that this one is not accepted, never why (RFC 6750 §3,
// RFC 9449 §7.1, RFC 9110 §11.6.1).
import { ProblemError } from '@gatehouse/problem-details';
import { DPOP_ALGORITHMS } from './dpop/dpop.proof.ts';

const DPOP = `DPoP algs="${DPOP_ALGORITHMS.join(' ')}"`;

/** 401 for a request without a credential: no error code, as RFC 6750 §3.1 asks. */
export const missingCredential = (): ProblemError =>
  new ProblemError('unauthenticated', { headers: { 'www-authenticate': `Bearer, ${DPOP}` } });

/** 401 for a credential that is not accepted; the cause is for the log. */
export function refusedCredential(cause: unknown, scheme: 'bearer' | 'dpop'): ProblemError {
  const error = scheme === 'dpop' && reasonOf(cause) !== 'expired' ? proofError(cause) : 'invalid_token';
  const challenges =
    scheme === 'dpop'
      ? `Bearer, DPoP error="${error}", algs="${DPOP_ALGORITHMS.join(' ')}"`
      : `Bearer error="${error}", ${DPOP}`;
  return new ProblemError('unauthenticated', { headers: { 'www-authenticate': challenges }, cause });
}

/** 400 for two credentials in one request (RFC 6750 §3.1). */
export const twoCredentials = (): ProblemError =>
  new ProblemError('bad-request', {
    detail: 'Send one credential.',
    headers: { 'www-authenticate': 'Bearer error="invalid_request"' },
  });

/** 403 for a caller whose credential does not reach (RFC 6750 §3.1). */
export const insufficientScope = (scopes: readonly string[]): ProblemError =>
  new ProblemError('forbidden', {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"` },
  });

const reasonOf = (cause: unknown): unknown => Object(cause).reason as unknown;

const proofError = (cause: unknown): string =>
  ['proof', 'replayed', 'unremembered'].includes(String(reasonOf(cause))) ? 'invalid_dpop_proof' : 'invalid_token';
