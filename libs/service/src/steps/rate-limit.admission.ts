// What both limiting steps do with a verdict: the headers, and 429 with the time to come back. No promise where the limits are in memory.
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { policyHeader, rateLimitHeader, retryAfter } from '@gatehouse/rate-limit';
import type { Charge, LimitState, RateLimiter, Verdict } from '@gatehouse/rate-limit';
import { ProblemError } from '@gatehouse/problem-details';

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the limits of this request stand, as far as they were asked. */
    limitStates?: readonly LimitState[];
  }
}

/** Health and what else says why it needs none. */
export const isUnlimited = (request: FastifyRequest): boolean =>
  request.routeOptions.config?.gatehouse?.limits.unlimited !== undefined;

/** Asks the limits, and goes on or answers. */
export function admit(
  limits: RateLimiter,
  subject: string,
  charges: readonly Charge[],
  failClosed: boolean,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  let verdict: Verdict | Promise<Verdict>;
  try {
    verdict = limits.decide(subject, charges, { failClosed });
  } catch (error) {
    return done(error as Error);
  }
  const go = (settled: Verdict) => {
    const states = request.limitStates ? [...request.limitStates, ...settled.states] : settled.states;
    request.limitStates = states;
    if (limits.settings.headers) {
      reply.header('ratelimit-policy', policyHeader(states.map(({ limit }) => limit)));
      reply.header('ratelimit', rateLimitHeader(states));
    }
    if (settled.allowed) return done();
    done(new ProblemError('rate-limited', { headers: { 'retry-after': retryAfter(settled) } }));
  };
  if (verdict instanceof Promise) verdict.then(go, done);
  else go(verdict);
}
