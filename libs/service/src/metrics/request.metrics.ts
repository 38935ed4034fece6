// Rate, errors and duration of requests, for each route template. No label holds what a caller chose: a path without a route is
// one label, and so is a method that we do not know, so that 10,000 unknown paths make one series (CWE-770).
import { METHODS } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '@gatehouse/observability';

/** The route of what no route matched. */
export const UNMATCHED = '(unmatched)';

/** The methods that APIs use; RFC 9110 and 5789. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(
  METHODS.filter((method) => /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT)$/.test(method)),
);

/** OpenTelemetry's bounds for the duration of HTTP requests, in seconds. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** @returns what is told of each request that has ended */
export function requestMetrics(metrics: Metrics): (request: FastifyRequest, reply: FastifyReply) => void {
  const requests = metrics.counter({
    name: 'http_server_requests_total',
    help: 'Requests that ended, by route template; 499 is a caller that went before its answer.',
    labels: ['method', 'route', 'status'],
    maxSeries: 5_000,
  });
  const durations = metrics.histogram({
    name: 'http_server_request_duration_seconds',
    help: 'From the first byte of a request to the last of its answer.',
    labels: ['method', 'route'],
    buckets: DURATION_BUCKETS,
  });
  const problems = metrics.counter({
    name: 'http_server_problems_total',
    help: 'Answers that were a problem, by its code.',
    labels: ['code'],
  });
  return (request, reply) => {
    const method = methodOf(request);
    const route = routeOf(request);
    requests.inc({ method, route, status: statusOf(reply) });
    durations.observe({ method, route }, reply.elapsedTime / 1_000);
    if (reply.problemCode !== undefined) problems.inc({ code: reply.problemCode });
  };
}

/** The template of the route, never the path. */
export function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? UNMATCHED;
}

/** The method, where it is one that we know. */
export function methodOf({ method }: FastifyRequest): string {
  return KNOWN_METHODS.has(method) ? method : '(other)';
}

/** What the caller was answered; 499 when it had gone before (nginx's number for that). */
export function statusOf(reply: FastifyReply): number {
  return reply.raw.headersSent ? reply.statusCode : 499;
}
