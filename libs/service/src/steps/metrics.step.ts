// Rate, errors and duration of each route, for /metrics on the management port.
import { requestMetrics } from '../metrics/request.metrics.ts';
import type { Step } from '../step.ts';

export const metricsStep: Step = {
  name: 'metrics',
  does: 'Counts the request and how long it took, by route template.',
  answers: [],
  outcome: ({ metrics }) => requestMetrics(metrics),
};
