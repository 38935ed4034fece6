// `POST /revocations`: an operator takes back a token, a subject or a key of an issuer, on every replica. Reaching the port is not enough:
// it needs a token with a scope of its own. Written down before it is answered.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { insufficientScope, type Authenticator } from '@gatehouse/authn';
import { ProblemError } from '@gatehouse/problem-details';
import { z } from 'zod';
import type { ServiceContext } from '../step.ts';
import { type RevocationAttempt, RevocationAudit, type RevocationOrder } from './revocation.audit.ts';

/** Who may revoke. */
export const REVOKE_SCOPE = 'authn:revoke';

const name = z.string().min(1).max(512);
const revocation = z.strictObject({
  kind: z.enum(['token', 'subject', 'key', 'keys']),
  /** May be left out where only one is trusted. */
  issuer: name.optional(),
  /** jti, subject or kid; not for `keys`. */
  value: name.optional(),
});

/** Adds the page. */
export function revocationsPage(app: FastifyInstance, context: ServiceContext): void {
  const audit = new RevocationAudit(context);
  app.post('/revocations', async (request, reply) => {
    const { authn } = context;
    if (!authn) throw new ProblemError('not-found');
    const attempt: RevocationAttempt = {};
    try {
      await obey(request, authn, attempt, context, audit);
    } catch (error) {
      await audit.outcome(request, attempt, reply.elapsedTime, error).catch(() => undefined); // it is refused in any case
      throw error;
    }
    await audit.outcome(request, attempt, reply.elapsedTime);
    return reply.code(204).send();
  });
}

async function obey(
  request: FastifyRequest,
  authn: Authenticator,
  attempt: RevocationAttempt,
  { log, tls }: ServiceContext,
  audit: RevocationAudit,
): Promise<void> {
  const caller = await authn.authenticate({
    method: request.method,
    headers: request.headers,
    url: () => `https://${request.host}${request.raw.url}`,
    clientIdentity: () => tls.clientIdentity(request.raw.socket),
  });
  attempt.caller = caller;
  if (!caller.scopes.has(REVOKE_SCOPE)) throw insufficientScope([REVOKE_SCOPE]);
  const order = read(request.body, authn);
  attempt.order = order;
  await audit.intent(request, attempt);
  const { kind, issuer } = order;
  await carryOut(authn, order).catch((cause: unknown) => {
    log.error({ requestId: request.id, kind, issuer, err: cause }, 'a revocation could not be told to every replica');
    throw new ProblemError('dependency-unavailable', { cause, headers: { 'retry-after': '2' } });
  });
  log.warn({ requestId: request.id, kind, issuer, by: caller.credentialId }, 'revoked by an operator');
}

function read(body: unknown, { trusted }: Authenticator): RevocationOrder {
  const { success, data } = revocation.safeParse(body);
  const issuer = data?.issuer ?? (trusted.length === 1 ? trusted[0] : undefined);
  if (
    !success ||
    issuer === undefined ||
    !trusted.includes(issuer) ||
    (data.kind === 'keys') !== (data.value === undefined)
  )
    throw new ProblemError('validation-failed', {
      detail: 'Send kind (token, subject, key with a value, or keys without one) and an issuer that is trusted here.',
    });
  return { kind: data.kind, issuer, value: data.value ?? '' };
}

function carryOut(authn: Authenticator, { kind, issuer, value }: RevocationOrder): Promise<void> {
  if (kind === 'token') return authn.revokeToken(issuer, value);
  if (kind === 'subject') return authn.revokeSubject(issuer, value);
  return kind === 'key' ? authn.revokeKey(issuer, value) : authn.refetchKeys(issuer);
}
