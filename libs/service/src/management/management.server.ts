// The management listener: HTTPS with the service's own certificate, on loopback unless told otherwise, apart from the API's port
// so that a firewall can tell the two apart. What it shows is for operators (ASVS 5.0 V13.4).
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { PROBLEM_MEDIA_TYPE, problemBody, ProblemError, problemType, toProblemError } from '@gatehouse/problem-details';
import { answerClientError } from '../steps/connection.step.ts';
import { installMessageRules } from '../steps/message.rules.ts';
import { securityHeaders } from '../steps/security-headers.step.ts';
import type { ServiceContext, Step } from '../step.ts';
import { alertsPage } from './alerts.page.ts';
import { docsPage } from './docs.page.ts';
import { guardManagement, managementTlsOptions } from './management.clients.ts';
import { metricsPage } from './metrics.page.ts';
import { effectivePolicy } from './policy.ts';
import { revocationsPage } from './revocations.page.ts';

/** A revocation is the largest thing to send. */
const MAX_BODY_BYTES = 4_096;

/** Makes the management server; the caller listens and closes. */
export function managementServer(
  steps: readonly Step[],
  context: ServiceContext,
  openapi: () => Promise<object>,
): FastifyInstance {
  const headers = securityHeaders(context.settings);
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const { code } = toProblemError(error);
    const { status, logLevel } = problemType(code);
    if (logLevel === 'error') context.log.error({ err: error, requestId: request.id }, 'management request failed');
    const body = problemBody(code, { requestId: request.id });
    const own = error instanceof ProblemError ? error.headers : undefined;
    return reply
      .headers({ ...headers, ...own })
      .code(status)
      .type(PROBLEM_MEDIA_TYPE)
      .serializer(JSON.stringify)
      .send(body);
  };
  const app = fastify({
    serverFactory: (handler) => tlsServer(handler as never, context) as never,
    bodyLimit: MAX_BODY_BYTES,
    logger: false,
    exposeHeadRoutes: false,
    genReqId: () => randomUUID(),
    frameworkErrors: (error, request, reply) => void refuse(error, request as never, reply as never),
    clientErrorHandler: (error, socket) => answerClientError(error, socket as Socket, context),
  });
  installMessageRules(app as never, MAX_BODY_BYTES);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  app.setNotFoundHandler((request, reply) => refuse(new ProblemError('not-found'), request, reply));
  app.setErrorHandler(refuse);
  let document: Promise<object> | undefined;
  const forget = (error: unknown) => {
    document = undefined; // the next request tries again
    throw error;
  };
  app.get('/openapi.json', () => (document ??= openapi().catch(forget)));
  app.get('/policy', () => effectivePolicy(steps, context));
  app.get('/health/live', () => ({ status: 'ok' }));
  app.get('/health/ready', async (_request, reply) => {
    const { ok, results } = await context.health.ready();
    return reply.code(ok ? 200 : 503).send({ status: ok ? 'ok' : 'unavailable', checks: results });
  });
  alertsPage(app, context);
  metricsPage(app, context.metrics);
  docsPage(app);
  revocationsPage(app, context);
  return app;
}

function tlsServer(handler: never, context: ServiceContext): Server {
  const server = createServer(
    {
      ...managementTlsOptions(context),
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      maxHeaderSize: 8_192,
      requireHostHeader: false, // the message rules refuse it, with an answer that says so
    },
    handler,
  );
  guardManagement(server, context);
  server.setTimeout(30_000); // a client that does not read
  server.on('checkExpectation', handler);
  server.maxConnections = 100;
  return server;
}
