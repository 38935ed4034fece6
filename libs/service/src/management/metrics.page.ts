// `/metrics`, in the Prometheus text format, or OpenMetrics where that is asked for.
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '@gatehouse/observability';

/** Adds the page. */
export function metricsPage(app: FastifyInstance, metrics: Metrics): void {
  app.get('/metrics', (request, reply) => {
    const { type, body } = metrics.page(request.headers.accept);
    return reply.type(type).send(body);
  });
}
