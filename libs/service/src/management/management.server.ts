// The management listener: HTTPS with the service's own certificate, on loopback unless told otherwise, apart from the API's port
// so that a firewall can tell the two apart. What it shows is for operators (ASVS 5.0 V13.4).
import { createServer, type Server } from 'node:https';
import fastify, { type FastifyInstance } from 'fastify';
import { PROBLEM_MEDIA_TYPE, problemBody } from '@gatehouse/problem-details';
import { securityHeaders } from '../steps/security-headers.step.ts';
import type { ServiceContext, Step } from '../step.ts';
import { alertsPage } from './alerts.page.ts';
import { docsPage } from './docs.page.ts';
import { metricsPage } from './metrics.page.ts';
import { effectivePolicy } from './policy.ts';

/** Makes the management server; the caller listens and closes. */
export function managementServer(
  steps: readonly Step[],
  context: ServiceContext,
  openapi: () => Promise<object>,
): FastifyInstance {
  const app = fastify({
    serverFactory: (handler) => tlsServer(handler as never, context) as never,
    bodyLimit: 1_024,
    logger: false,
    exposeHeadRoutes: false,
  });
  const headers = securityHeaders(context.settings);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .type(PROBLEM_MEDIA_TYPE)
      .send(problemBody('not-found', { requestId: request.id })),
  );
  app.setErrorHandler((error, request, reply) => {
    context.log.error({ err: error, url: request.url }, 'management request failed');
    return reply
      .code(500)
      .type(PROBLEM_MEDIA_TYPE)
      .send(problemBody('internal', { requestId: request.id }));
  });
  let document: Promise<object> | undefined;
  app.get('/openapi.json', () => (document ??= openapi()));
  app.get('/policy', () => effectivePolicy(steps, context));
  app.get('/health/live', () => ({ status: 'ok' }));
  app.get('/health/ready', async (_request, reply) => {
    const { ok, results } = await context.health.ready();
    return reply.code(ok ? 200 : 503).send({ status: ok ? 'ok' : 'unavailable', checks: results });
  });
  alertsPage(app, context);
  metricsPage(app, context.metrics);
  docsPage(app);
  return app;
}

function tlsServer(handler: never, context: ServiceContext): Server {
  const server = createServer(
    { ...context.tls.serverOptions('off'), headersTimeout: 5_000, requestTimeout: 10_000, maxHeaderSize: 8_192 },
    handler,
  );
  server.maxConnections = 100;
  return server;
}
