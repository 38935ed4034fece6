export { HealthRegistry, type HealthCheck, type HealthResult } from './health.registry.ts';
export { LOG_LEVELS, type LogLevel } from './log.level.ts';
export { createLogger, flushLogger, type Logger, type LoggerOptions, trustedLines } from './logger.ts';
export type { Counter } from './metrics/counter.ts';
export type { Gauge } from './metrics/gauge.ts';
export type { Histogram, HistogramOptions } from './metrics/histogram.ts';
export type { MetricOptions } from './metrics/metric.ts';
export { Metrics } from './metrics/metrics.ts';
export type { ObservedOptions } from './metrics/observed.metric.ts';
export { processMetrics } from './metrics/process.metrics.ts';
export type { Labels } from './metrics/series.map.ts';
export { currentSpan, withinSpan } from './traces/current.span.ts';
export {
  type CallSpan,
  openTraces,
  type RequestSpan,
  type SpanAttributes,
  type SpanPlace,
  type Traces,
  type TracesContext,
} from './traces/traces.ts';
export { type TracesOptions, tracesOptionsSchema, type TracesSettings } from './traces/traces.options.ts';
