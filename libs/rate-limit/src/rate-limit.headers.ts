// What a caller is told (draft-ietf-httpapi-ratelimit-headers-11: structured fields, RFC 9651): the policies in force, what is left of
// each, and after a refusal when to come back (RFC 9110 §10.2.3).
import type { Limit } from './limit.ts';
import type { LimitState, Verdict } from './verdict.ts';

/** `RateLimit-Policy`: constant for a route. */
export const policyHeader = (limits: readonly Limit[]): string => limits.map(({ policy }) => policy).join(', ');

/** `RateLimit`: what may still come at once (`r`), and the seconds until all of the allowance is back (`t`). */
export function rateLimitHeader(states: readonly LimitState[]): string {
  let text = '';
  for (const { limit, remaining, resetMs } of states) {
    if (text !== '') text += ', ';
    text += `"${limit.name}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`;
  }
  return text;
}

/** `Retry-After`, in whole seconds: never so early that the caller is refused again. */
export const retryAfter = ({ retryAfterMs }: Pick<Verdict, 'retryAfterMs'>): string =>
  String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
