// Where `traces` is set: one span a request, with the template of its route and names of ours, never what a caller sent. Queries and calls
// of its handler are spans below it. Without the option nothing of this is installed.
import { type RequestSpan, type Traces, withinSpan } from '@gatehouse/observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { methodOf, routeOf, statusOf } from '../metrics/request.metrics.ts';
import type { Step } from '../step.ts';
import { parseTraceparent, placeRequest, stateOf } from './context.step.ts';

const spans = new WeakMap<FastifyRequest, RequestSpan>();

export const traceStep: Step = {
  name: 'trace',
  does: 'Where `traces` is set: a span a request, posted in the background.',
  answers: [],
  install(app, { traces }) {
    if (!traces) return;
    app.addHook('onRequest', (request, _reply, done) => {
      begin(request, traces);
      done();
    });
  },
  onRoute(options, _route, { traces }) {
    if (!traces) return;
    const { handler } = options;
    // Here and not in a hook: what waits for a disk or a socket in between loses whose work it is.
    options.handler = function (request, reply) {
      const span = spans.get(request);
      if (!span?.place.sampled) return handler.call(this, request, reply);
      return withinSpan(span, () => handler.call(this, request, reply));
    };
  },
  outcome: ({ traces }) => traces && ((request, reply) => end(request, reply)),
};

function begin(request: FastifyRequest, traces: Traces): void {
  const method = methodOf(request);
  const route = routeOf(request);
  const attributes = {
    'http.request.method': method,
    'http.route': route,
    'url.scheme': 'https',
    'gatehouse.request_id': request.id,
  };
  const caller = parseTraceparent(request.headers.traceparent);
  const above = caller && { ...caller, spanId: caller.parentId ?? '' };
  const span = traces.begin(`${method} ${route}`, attributes, above);
  spans.set(request, span);
  placeRequest(request, {
    ...span.place,
    parentId: caller?.parentId,
    tracestate: caller && stateOf(request.headers.tracestate),
    beginCall: (called, host) => beginCall(span, called, host),
  });
}

/** A call of the handler to another service, as @gatehouse/http-client tells it. */
function beginCall(span: RequestSpan, method: string, host: string) {
  const call = span.call(method, { 'http.request.method': method, 'server.address': host });
  const { traceId, spanId, sampled } = call.place;
  return {
    traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`,
    end: (status?: number) =>
      call.end(
        status === undefined ? {} : { 'http.response.status_code': status },
        status === undefined || status >= 400,
      ),
  };
}

function end(request: FastifyRequest, reply: FastifyReply): void {
  const status = statusOf(reply);
  const { problemCode: code } = reply;
  const attributes = { 'http.response.status_code': status, ...(code !== undefined && { 'error.type': code }) };
  spans.get(request)?.end(attributes, status >= 500 || status === 499);
}
