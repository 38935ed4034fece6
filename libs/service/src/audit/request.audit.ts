// What is known of one request for its event, and that it gets exactly one.
import {
  type AuditDeclaration,
  type AuditedCall,
  type AuditedOutcome,
  type AuditFieldNames,
  declaredFields,
  declaredObjects,
  exchangeOf,
  type RequestEvents,
} from '@gatehouse/audit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { knownTrace } from '../steps/context.step.ts';
import type { ServiceAudit } from './open-audit.ts';
import { refusalOf } from './refused.connection.ts';

/** How a route is written down; made once. */
export interface AuditedRouteRecord {
  readonly events: RequestEvents;
  readonly declaration?: AuditDeclaration;
  readonly fields?: AuditFieldNames;
}

/** What the step keeps on a request. */
export interface RequestState {
  readonly route: AuditedRouteRecord;
  /** Whether the intent is on the disk, so that the outcome has to be too. */
  intended: boolean;
  /** Whether the outcome was written. */
  told: boolean;
  /** What the intent said. */
  call?: AuditedCall;
  /** Among the running calls. */
  place?: number;
}

/** Who called, as `@gatehouse/authn` leaves it on the request. */
export interface Caller {
  readonly kind: string;
  readonly id: string;
  readonly issuer: string;
  readonly tenant?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The audit step's own. */
    auditState?: RequestState;
    /** What the handler returned; for routes whose declaration may look at it. */
    auditResult?: unknown;
  }
}

/** What the event says of the call; after the handler also about its result. */
export function callOf(
  audit: ServiceAudit,
  request: FastifyRequest,
  { declaration, fields }: AuditedRouteRecord,
): AuditedCall {
  const { principal } = request as { principal?: Caller };
  const base = {
    requestId: request.id,
    traceId: knownTrace(request)?.traceId,
    address: audit.address(request.ip),
    ...(principal && { user: userOf(audit, principal) }),
  };
  if (!declaration && !fields) return base;
  const exchange = exchangeOf(request.params, request.body, request.auditResult);
  return {
    ...base,
    objects: declaredObjects(declaration, exchange),
    fields: declaredFields(fields, exchange.body, audit.ids),
  };
}

/** The same at the end: what the handler returned may name further objects. */
export function endedCallOf(audit: ServiceAudit, request: FastifyRequest, { route, call }: RequestState): AuditedCall {
  if (!call) return callOf(audit, request, route);
  if (!route.declaration?.object || request.auditResult === undefined) return call;
  const exchange = exchangeOf(request.params, request.body, request.auditResult);
  return { ...call, objects: declaredObjects(route.declaration, exchange) };
}

/** Who called, by a keyed identifier. */
export const userOf = (
  audit: ServiceAudit,
  { issuer, id, kind, tenant }: Caller,
): NonNullable<AuditedCall['user']> => ({
  uid: audit.ids.of(`${issuer}|${id}`),
  proof: kind,
  ...(tenant !== undefined && { tenant }),
  system: kind === 'client-certificate',
});

/** How a request ends that is being answered. */
export function outcomeOf(request: FastifyRequest, reply: FastifyReply): AuditedOutcome {
  const aborted = isGone(request, reply);
  return {
    status: reply.statusCode,
    reason: aborted ? reasonOfAbort(request, reply) : (reply.problemCode ?? 'ok'),
    durationMs: reply.elapsedTime,
    ...(aborted && { aborted }),
  };
}

/** The framework calls a body that broke off a bad request. */
function reasonOfAbort({ raw }: FastifyRequest, { problemCode }: FastifyReply): string {
  const own = problemCode === 'bad-request' ? undefined : problemCode;
  return refusalOf(raw.socket) ?? own ?? 'client-gone';
}

/** Whether the caller has hung up. */
export const isGone = (request: FastifyRequest, reply: FastifyReply): boolean =>
  reply.raw.destroyed || request.raw.aborted;
