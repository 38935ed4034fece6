// The metrics of a service, with those that every service has.
import { Metrics, processMetrics } from '@gatehouse/observability';
import type { RateLimiter } from '@gatehouse/rate-limit';
import type { Secrets } from '@gatehouse/secrets';
import type { Tls } from '@gatehouse/tls';
import type { SharedValkey } from '@gatehouse/valkey';
import { certificateMetrics } from './certificate.metrics.ts';
import { limitMetrics } from './limit.metrics.ts';
import { secretMetrics } from './secret.metrics.ts';
import { valkeyMetrics } from './valkey.metrics.ts';

/** @returns them, and what ends the watching of the process */
export function openMetrics({
  tls,
  secrets,
  limits,
  valkey,
}: {
  tls: Tls;
  secrets: Secrets;
  limits: RateLimiter;
  valkey?: SharedValkey;
}): {
  metrics: Metrics;
  close: () => void;
} {
  const metrics = new Metrics();
  certificateMetrics(metrics, tls);
  secretMetrics(metrics, secrets);
  limitMetrics(metrics, limits);
  if (valkey) valkeyMetrics(metrics, valkey);
  return { metrics, close: processMetrics(metrics) };
}
