// The metrics of a service, with those that every service has.
import { Metrics, processMetrics } from '@gatehouse/observability';
import type { Secrets } from '@gatehouse/secrets';
import type { Tls } from '@gatehouse/tls';
import { certificateMetrics } from './certificate.metrics.ts';
import { secretMetrics } from './secret.metrics.ts';

/** @returns them, and what ends the watching of the process */
export function openMetrics({ tls, secrets }: { tls: Tls; secrets: Secrets }): {
  metrics: Metrics;
  close: () => void;
} {
  const metrics = new Metrics();
  certificateMetrics(metrics, tls);
  secretMetrics(metrics, secrets);
  return { metrics, close: processMetrics(metrics) };
}
