// One line a request for operators: template of the route, never the URL (a query can hold a secret), never headers or bodies.
import { routeOf, statusOf } from '../metrics/request.metrics.ts';
import type { Step } from '../step.ts';

export const requestLog: Step = {
  name: 'request-log',
  does: 'One log line a request, written in the background.',
  answers: [],
  outcome({ log, settings }) {
    if (!settings.requestLog || !log.isLevelEnabled('info')) return undefined;
    // The fields below are all there is, and none can hold a secret: to look for one in each would cost a tenth of the request.
    const line = log.child({}, { redact: [] });
    return (request, reply) =>
      line.info(
        {
          requestId: request.id,
          method: request.method,
          route: routeOf(request),
          status: statusOf(reply),
          ms: Math.round(reply.elapsedTime * 10) / 10,
          address: request.ip,
        },
        'request',
      );
  },
};
