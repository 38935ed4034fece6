// `POST /revocations`: an operator takes back a token, a subject or a key of an issuer, on every replica. Reaching the port is not enough:
// it needs a token with a scope of its own.
import type { FastifyInstance } from 'fastify';
import { insufficientScope, type Authenticator } from '@gatehouse/authn';
import { ProblemError } from '@gatehouse/problem-details';
import { z } from 'zod';
import type { ServiceContext } from '../step.ts';

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
  app.post('/revocations', async (request, reply) => {
    const { authn, log, tls } = context;
    if (!authn) throw new ProblemError('not-found');
    const caller = await authn.authenticate({
      method: request.method,
      headers: request.headers,
      url: () => `https://${request.host}${request.raw.url}`,
      clientIdentity: () => tls.clientIdentity(request.raw.socket),
    });
    if (!caller.scopes.has(REVOKE_SCOPE)) throw insufficientScope([REVOKE_SCOPE]);
    const { kind, issuer, value } = read(request.body, authn);
    await carryOut(authn, kind, issuer, value);
    log.warn({ requestId: request.id, kind, issuer, by: caller.credentialId }, 'revoked by an operator');
    return reply.code(204).send();
  });
}

function read(body: unknown, { trusted }: Authenticator) {
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
  return { ...data, issuer, value: data.value ?? '' };
}

function carryOut(authn: Authenticator, kind: string, issuer: string, value: string): Promise<void> {
  if (kind === 'token') return authn.revokeToken(issuer, value);
  if (kind === 'subject') return authn.revokeSubject(issuer, value);
  return kind === 'key' ? authn.revokeKey(issuer, value) : authn.refetchKeys(issuer);
}
