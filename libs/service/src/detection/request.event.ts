// A request that has ended, as the detector looks at it.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestEvent } from '@gatehouse/detection';
import { statusOf } from '../metrics/request.metrics.ts';
import { claimedAccount } from './claimed.account.ts';

/** What of a proven caller is looked at; `Principal` of @gatehouse/authn has it. */
interface Caller {
  readonly issuer: string;
  readonly id: string;
  readonly credentialId?: string;
  readonly scopes: ReadonlySet<string>;
}

/** @param adminScopes scopes that make a caller an administrator */
export function requestEvent(
  request: FastifyRequest,
  reply: FastifyReply,
  adminScopes: readonly string[],
): RequestEvent {
  const at = Date.now();
  const url = request.raw.url ?? '';
  const query = url.indexOf('?');
  const { principal } = request as { principal?: Caller | null };
  const account = reply.problemCode === 'unauthenticated' ? claimedAccount(request.headers, at) : undefined;
  return {
    kind: 'request',
    at,
    address: request.ip ?? 'unknown',
    method: request.method,
    route: request.routeOptions.url,
    path: query === -1 ? url : url.slice(0, query),
    status: statusOf(reply),
    code: reply.problemCode,
    agent: request.headers['user-agent'],
    requestId: request.id,
    principal: principal ? `${principal.issuer}|${principal.id}` : undefined,
    credential: principal?.credentialId,
    admin: principal ? adminScopes.some((scope) => principal.scopes.has(scope)) : false,
    refused: account === undefined ? undefined : { account },
  };
}
