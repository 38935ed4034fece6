// A request that has ended, as the detector looks at it.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestEvent } from '@gatehouse/detection';
import { statusOf } from '../metrics/request.metrics.ts';
import type { ServiceContext } from '../step.ts';
import { claimedAccount, printable } from './claimed.account.ts';

/** What of a proven caller is looked at; `Principal` of @gatehouse/authn has it. */
interface Caller {
  readonly kind: string;
  readonly issuer: string;
  readonly tenant: string;
  readonly id: string;
  readonly credentialId?: string;
  readonly scopes: ReadonlySet<string>;
}

/** Principals and accounts come to the detector as they are to be told; the rules need no more than to tell them apart. */
export function requestEvent(
  request: FastifyRequest,
  reply: FastifyReply,
  { settings, identifiers, authn }: ServiceContext,
): RequestEvent {
  const at = Date.now();
  const url = request.raw.url ?? '';
  const query = url.indexOf('?');
  const { principal } = request as { principal?: Caller | null };
  const refused = reply.problemCode === 'unauthenticated';
  /** As an audit event has its principal, where the token is said to be of an issuer of ours. */
  const identify = (name: string, issuer = '') => {
    if (identifiers.clear) return printable(name);
    return identifiers.of(authn?.issuers.has(issuer) ? `${issuer}|${name}` : name);
  };
  const account = refused ? claimedAccount(request.headers, at, identify) : undefined;
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
    principal: principal ? identifiers.of(`${principal.issuer}|${principal.id}`) : undefined,
    credential: principal?.credentialId,
    apiKey: settings.detection.responses.revoke && principal ? apiKeyOf(principal) : undefined,
    admin: principal ? isAdministrator(principal.scopes, settings.detection.adminScopes) : false,
    refused: account === undefined ? undefined : { account },
  };
}

/** By a scope as it is, or by each that begins as one with a star at its end says. */
function isAdministrator(held: ReadonlySet<string>, named: readonly string[]): boolean {
  return named.some((scope) => {
    if (!scope.endsWith('*')) return held.has(scope);
    const beginning = scope.slice(0, -1);
    for (const each of held) if (each.startsWith(beginning)) return true;
    return false;
  });
}

function apiKeyOf({ kind, credentialId, tenant, id, issuer }: Caller): RequestEvent['apiKey'] {
  if (kind !== 'api-key' || credentialId === undefined) return undefined;
  return { id: credentialId, tenant, owner: id, ownerIssuer: issuer };
}
