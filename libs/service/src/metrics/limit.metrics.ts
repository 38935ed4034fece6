// What the limits decided, which of them refused, and how full their memory is: an attack shows here before anybody complains.
import type { Metrics } from '@gatehouse/observability';
import type { RateLimiter } from '@gatehouse/rate-limit';

/** Refusing for the first time has to be an increase. */
const ALWAYS = ['address', 'principal', 'failed-by-address', 'failed-by-account'];

/** Adds them to the page. */
export function limitMetrics(metrics: Metrics, limits: RateLimiter): void {
  const { counts } = limits;
  for (const name of ALWAYS) counts.refusals.set(name, 0);
  metrics.observe({
    type: 'counter',
    name: 'gatehouse_rate_limit_decisions_total',
    help: 'Decisions by where they were made; held was refused again without a round trip, share while Valkey was away.',
    labels: ['store'],
    read: () => Object.entries(counts.byStore).map(([store, count]) => [{ store }, count]),
  });
  metrics.observe({
    type: 'counter',
    name: 'gatehouse_rate_limit_refusals_total',
    help: 'Refusals by the name of the limit, as RateLimit-Policy tells it.',
    labels: ['limit'],
    read: () => [...counts.refusals].map(([limit, count]) => [{ limit }, count]),
  });
  metrics.observe({
    type: 'gauge',
    name: 'gatehouse_rate_limit_keys',
    help: 'Callers in the memory of this process that owe something.',
    read: () => [[{}, limits.status().keys]],
  });
  metrics.observe({
    type: 'gauge',
    name: 'gatehouse_rate_limit_keys_max',
    help: 'Callers that the memory of this process is made for.',
    read: () => [[{}, limits.settings.maxKeys]],
  });
  metrics.observe({
    type: 'counter',
    name: 'gatehouse_rate_limit_keys_evicted_total',
    help: 'Callers that were forgotten while they still owed something, because all places were taken.',
    read: () => [[{}, limits.status().evicted]],
  });
}
