// Step 13: each request is written down before its answer leaves (ASVS 5.0 V16.2, V16.3). A mutation's intent is on the disk before its
// handler runs, and its outcome before the caller hears of it; where that cannot be, the caller gets 503 and nothing has happened. At
// the HTTP adapter, because interceptors see no 401, 404 and 429.
import { RequestEvents } from '@gatehouse/audit';
import { PROBLEM_MEDIA_TYPE, problemBody, ProblemError, problemType } from '@gatehouse/problem-details';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceAudit } from '../audit/open-audit.ts';
import {
  type AuditedRouteRecord,
  callOf,
  endedCallOf,
  isGone,
  outcomeOf,
  type RequestState,
} from '../audit/request.audit.ts';
import { RunningCalls } from '../audit/running.calls.ts';
import type { ServiceContext, Step } from '../step.ts';

/** They change nothing (RFC 9110 §9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const RETRY = { 'retry-after': '5' };
const SWEEP_MS = 1_000;

export const audit: Step = {
  name: 'audit',
  does: "The outcome is written down before the answer leaves, a mutation's intent before it happens.",
  answers: ['dependency-unavailable'],
  install(app, context) {
    if (!context.audit) return;
    app.decorateRequest('auditState', undefined);
    app.decorateRequest('auditResult', undefined);
    const unmatched = routesByMethod(context, context.audit);
    writeOutcomes(app, context, context.audit, unmatched);
    tellOfTheGone(app, context, context.audit);
  },
  onRoute(options, route, context) {
    const { audit } = context;
    if (!audit) return;
    const { method, url } = route;
    const operation = route.audit?.operation ?? `${method} ${url}`;
    const events = new RequestEvents({
      service: context.settings.name,
      replica: audit.journal.writer,
      method,
      path: url,
      operation,
    });
    const record: AuditedRouteRecord = { events, declaration: route.audit, fields: route.auditFields };
    const safe = SAFE.has(method);
    const refuse = unavailability(context, audit, safe, url);
    options.onRequest = [
      ...[options.onRequest ?? []].flat(),
      (request, _reply, done) => {
        request.auditState = { route: record, intended: false, told: false };
        done(refuse());
      },
    ];
    if (route.audit?.object)
      // Here and not in an interceptor, whose observables cost a request more than the rest of its event.
      options.preSerialization = [
        ...[options.preSerialization ?? []].flat(),
        (request, reply, payload, done) => {
          if (reply.problemCode === undefined) request.auditResult = payload;
          done(null, payload);
        },
      ];
    if (safe) return;
    options.preHandler = [
      ...[options.preHandler ?? []].flat(),
      (request, _reply, done) => {
        const call = callOf(audit, request, record);
        if (request.auditState) request.auditState.call = call;
        audit.journal.append(
          (sequence, time) => events.intent(call, sequence, time),
          'durable',
          (error) => {
            if (request.auditState) request.auditState.intended = error === undefined;
            done(error && new ProblemError('dependency-unavailable', { cause: error, headers: RETRY }));
          },
        );
      },
    ];
  },
};

/** Whether a call may be carried out now. Probes always may: whoever restarted the process would lose what waits in it. */
function unavailability({ settings }: ServiceContext, { journal }: ServiceAudit, safe: boolean, url: string) {
  const evenReads = settings.audit.readsWhileUnavailable === 'refuse';
  return (): ProblemError | undefined => {
    const cause = journal.unavailable;
    if (cause === undefined && !journal.full) return undefined;
    if (url.startsWith('/health/') || (safe && !evenReads && !journal.full)) return undefined;
    return new ProblemError('dependency-unavailable', { cause, headers: RETRY });
  };
}

/** As many methods as Node's parser of HTTP/1.1 knows; over HTTP/2 a caller may make up any. */
const MAX_METHODS = 64;

/** For what no route matched. */
function routesByMethod(
  { settings }: ServiceContext,
  { journal }: ServiceAudit,
): (request: FastifyRequest) => AuditedRouteRecord {
  const known = new Map<string, AuditedRouteRecord>();
  return ({ method }) => {
    let record = known.get(method);
    if (!record) {
      const route = { service: settings.name, replica: journal.writer, method, path: '(unmatched)' };
      record = { events: new RequestEvents({ ...route, operation: `${method} (unmatched)` }) };
      if (known.size < MAX_METHODS) known.set(method, record);
    }
    return record;
  };
}

/** A caller that has gone before its answer has an event too: at the answer, or, when a handler never gives one, after its time. */
function tellOfTheGone(app: FastifyInstance, { settings }: ServiceContext, audit: ServiceAudit): void {
  const running = new RunningCalls();
  const late = settings.limits.handlerTimeoutMs + SWEEP_MS;
  const forget = (state: RequestState | undefined): void => {
    if (state?.place === undefined) return;
    running.leave(state.place);
    state.place = undefined;
  };
  app.addHook('preHandler', (request, reply, done) => {
    if (request.auditState) request.auditState.place = running.enter(reply);
    done();
  });
  app.addHook('onSend', (request, _reply, payload, done) => {
    forget(request.auditState);
    done(null, payload);
  });
  const sweep = setInterval(() => {
    for (const reply of running.all()) {
      const { request } = reply;
      if (!isGone(request, reply) || reply.elapsedTime < late) continue;
      const state = request.auditState;
      forget(state);
      if (!state || state.told) continue;
      state.told = true;
      const call = endedCallOf(audit, request, state);
      const outcome = { status: 0, reason: 'client-gone', durationMs: reply.elapsedTime, aborted: true };
      audit.journal.append((sequence, time) => state.route.events.outcome(call, outcome, sequence, time), 'queued');
    }
  }, SWEEP_MS).unref();
  app.addHook('onClose', (_app, done) => {
    clearInterval(sweep);
    done();
  });
}

/** What the router itself refuses (a malformed URL) goes through no hook: it is written down, then answered. */
export function auditRefusedByRouter(
  request: FastifyRequest,
  code: string,
  { audit, settings }: ServiceContext,
  answer: () => void,
): void {
  if (!audit) return answer();
  const { method } = request.raw;
  const route = { service: settings.name, replica: audit.journal.writer, method: method ?? '', path: '(unmatched)' };
  const events = new RequestEvents({ ...route, operation: `${method} (unmatched)` });
  const call = { requestId: request.id, address: audit.address(request.raw.socket.remoteAddress) };
  const outcome = { status: problemType(code).status, reason: code, durationMs: 0 };
  audit.journal.append((sequence, time) => events.outcome(call, outcome, sequence, time), 'written', answer);
}

function writeOutcomes(
  app: FastifyInstance,
  { log }: ServiceContext,
  audit: ServiceAudit,
  unmatched: (request: FastifyRequest) => AuditedRouteRecord,
): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const state = (request.auditState ??= { route: unmatched(request), intended: false, told: false });
    if (state.told) return done(null, payload);
    state.told = true;
    const { events } = state.route;
    const call = endedCallOf(audit, request, state);
    const outcome = outcomeOf(request, reply);
    audit.journal.append(
      (sequence, time) => events.outcome(call, outcome, sequence, time),
      state.intended ? 'durable' : 'written',
      (error) => {
        if (error === undefined || !state.intended) return done(null, payload);
        log.error({ requestId: request.id, err: error }, 'an outcome could not be written down in time');
        done(null, unavailable(request, reply));
      },
    );
  });
}

/** Takes back the answer: the caller learns that the outcome is not known. */
function unavailable(request: FastifyRequest, reply: FastifyReply): string {
  for (const name of ['location', 'etag', 'content-length']) reply.removeHeader(name);
  const body = problemBody('dependency-unavailable', { requestId: request.id });
  void reply.code(body.status).headers(RETRY).type(PROBLEM_MEDIA_TYPE);
  return JSON.stringify(body);
}
