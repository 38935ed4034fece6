// Step 14: every error leaves as application/problem+json from the catalogue (RFC 9457). A 5xx never says why; the log has the
// cause under the same requestId (ASVS 5.0 V16.5.1).
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_MEDIA_TYPE, problemBody, ProblemError, problemType, toProblemError } from '@gatehouse/problem-details';
import type { ServiceContext, Step } from '../step.ts';
import { auditRefusedByRouter } from './audit.step.ts';
import { knownTrace } from './context.step.ts';
import { securityHeaders } from './security-headers.step.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** The code of the problem that is answered; undefined for any other answer. */
    problemCode: string | undefined;
  }
}

export const problem: Step = {
  name: 'problem',
  does: 'Errors as problem+json from one catalogue; unknown routes and methods.',
  answers: ['malformed-url', 'not-found', 'method-not-allowed', 'bad-request', 'internal', 'dependency-unavailable'],
  server: (context) => ({
    frameworkErrors(error, request, reply) {
      auditRefusedByRouter(request, toProblemError(error).code, context, () =>
        sendProblem(error, request, reply, context),
      );
    },
  }),
  install(app, context) {
    app.decorateReply('problemCode', undefined);
    // before any body is read: what is nowhere is not waited for
    app.addHook('onRequest', (request, _reply, done) => done(request.is404 ? unmatched(request, context) : undefined));
    app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, context));
    app.setNotFoundHandler((request, reply) => sendProblem(unmatched(request, context), request, reply, context));
  },
};

function unmatched(request: FastifyRequest, { routes }: ServiceContext): ProblemError {
  const path = request.raw.url?.split('?', 1)[0] ?? '/';
  const allowed = [
    ...new Set(routes.methodsOf(path).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))),
  ];
  if (allowed.length === 0) return new ProblemError('not-found');
  return new ProblemError('method-not-allowed', { headers: { allow: allowed.join(', ') } });
}

function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { log, settings }: ServiceContext,
): void {
  const known = toProblemError(error);
  const { status, logLevel } = problemType(known.code);
  reply.problemCode = known.code;
  if (logLevel === 'error')
    log.error(
      {
        requestId: request.id,
        traceId: knownTrace(request)?.traceId,
        code: known.code,
        err: known.cause ?? known,
      },
      'request failed',
    );
  const body = problemBody(known.code, {
    // A 5xx says no more than its title, whatever the thrower wrote.
    detail: status < 500 ? known.detail : undefined,
    errors: status < 500 ? known.errors : undefined,
    requestId: request.id,
  });
  // What the router refuses (a malformed URL) has been through no hook.
  if (!reply.hasHeader('x-request-id')) reply.headers(securityHeaders(settings)).header('x-request-id', request.id);
  // `reply.serializer` keeps a route's response schema away from the problem.
  void reply
    .code(status)
    .headers({ ...known.headers })
    .type(PROBLEM_MEDIA_TYPE)
    .serializer(JSON.stringify)
    .send(body);
}
