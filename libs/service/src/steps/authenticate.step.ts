// Step 8: who calls. Every route that is not @Public needs a proven caller; a caller that was proven before is known without waiting.
// Callers learn that a credential was refused, the log why.
import type { FastifyRequest } from 'fastify';
import { CredentialRefusedError, type Authenticator, type AuthnRequest, type Principal } from '@gatehouse/authn';
import { ProblemError } from '@gatehouse/problem-details';
import { retryAfter, type Attempt, type Verdict } from '@gatehouse/rate-limit';
import { claimedAccount } from '../detection/claimed.account.ts';
import type { ServiceContext, Step } from '../step.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The proven caller; null on a route that is @Public. */
    principal: Principal | null;
  }
}

export const authenticate: Step = {
  name: 'authenticate',
  does: 'Who calls: token, API key or client certificate, on every route that is not @Public.',
  answers: ['unauthenticated', 'bad-request', 'rate-limited', 'dependency-unavailable'],
  install(app, context) {
    app.decorateRequest('principal', null);
    app.addHook('onRequest', (request, _reply, done) => {
      if (request.routeOptions.config.gatehouse?.access?.kind !== 'scopes') return done();
      const attempt = attemptOf(request, context);
      const refused = (error: unknown): void => {
        const { cause } = Object(error) as { cause?: unknown };
        if (!(cause instanceof CredentialRefusedError)) return done(error as Error);
        tell(request, cause, context);
        // the signature was good: an office whose tokens end in the same minute, or whose proofs a restart overtook, is not guessing
        if (cause.reason === 'expired' || cause.reason === 'unremembered') return done(error as Error);
        attempt()
          .count()
          .then(
            (verdict) => done(verdict.allowed ? (error as Error) : tooMany(verdict)),
            () => done(error as Error),
          );
      };
      try {
        // The start was refused where a route has scopes and the service no authenticator.
        const known = (context.authn as Authenticator).authenticate(asked(request, attempt, context));
        if (!(known instanceof Promise)) {
          request.principal = known;
          return done();
        }
        known.then((principal) => {
          request.principal = principal;
          attempt()
            .succeeded()
            .catch(() => undefined);
          done();
        }, refused);
      } catch (error) {
        refused(error);
      }
    });
  },
};

/** Wrong credentials are counted by address and by the account that they claim to be; made only where something has to be counted. */
function attemptOf(request: FastifyRequest, { limits }: ServiceContext): () => Attempt {
  let attempt: Attempt | undefined;
  return () =>
    (attempt ??= limits.failedAuthentication({
      address: request.ip,
      account: claimedAccount(request.headers, Date.now()),
    }));
}

/**
 * An address that guessed too often is not looked at. An account at which others guess is: whoever has the right credential comes in, and
 * a wrong one is answered as if it had not been looked at. No credential here is one that guessing finds, so nobody gains by it, and
 * nobody can be locked out by forged tokens with his name.
 */
async function refuseGuessing(attempt: Attempt): Promise<void> {
  const verdict = await attempt.check();
  if (!verdict.allowed && verdict.refusedBy?.name !== 'failed-by-account') throw tooMany(verdict);
}

const tooMany = (verdict: Verdict) =>
  new ProblemError('rate-limited', { headers: { 'retry-after': retryAfter(verdict) } });

function asked(request: FastifyRequest, attempt: () => Attempt, { settings, tls }: ServiceContext): AuthnRequest {
  return {
    method: request.method,
    headers: request.headers,
    url: () => `${settings.publicOrigin ?? `https://${request.host}`}${request.raw.url}`,
    clientIdentity: () => tls.clientIdentity(request.raw.socket),
    beforeVerify: () => refuseGuessing(attempt()),
    failClosed: request.routeOptions.config.gatehouse?.limits.failClosed,
  };
}

function tell(request: FastifyRequest, { reason }: CredentialRefusedError, { log, identifiers }: ServiceContext): void {
  log.warn(
    { requestId: request.id, reason, address: identifiers.of(request.ip), route: request.routeOptions.url },
    'credential refused',
  );
}
