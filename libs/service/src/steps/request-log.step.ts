// One line a request for operators: template of the route, never the URL (a query can hold a secret), never headers or bodies.
import { trustedLines } from '@gatehouse/observability';
import { methodOf, routeOf, statusOf } from '../metrics/request.metrics.ts';
import { knownTrace } from './context.step.ts';
import type { Step } from '../step.ts';

export const requestLog: Step = {
  name: 'request-log',
  does: 'One log line a request, written in the background.',
  answers: [],
  outcome({ log, settings, identifiers }) {
    if (!settings.requestLog || !log.isLevelEnabled('info')) return undefined;
    const line = trustedLines(log);
    const { requestLogSample } = settings;
    return (request, reply) => {
      // what went wrong is never left out
      const sampled = requestLogSample < 1 && reply.statusCode < 400 && reply.raw.headersSent;
      if (sampled && Math.random() >= requestLogSample) return;
      line.info(
        {
          requestId: request.id,
          traceId: knownTrace(request)?.traceId,
          method: methodOf(request),
          route: routeOf(request),
          status: statusOf(reply),
          ms: Math.round(reply.elapsedTime * 10) / 10,
          address: identifiers.of(request.ip ?? 'unknown'),
          sample: sampled ? requestLogSample : undefined,
        },
        'request',
      );
    };
  },
};
