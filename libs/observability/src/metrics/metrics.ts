// The metrics of a service: whoever has something to tell declares it here once, and the management port prints the page.
// Why this is not prom-client: docs/decisions/004-own-metrics-registry.md.
import { Counter } from './counter.ts';
import { exposition, formatFor, MEDIA_TYPE } from './exposition.ts';
import { Gauge } from './gauge.ts';
import { Histogram, type HistogramOptions } from './histogram.ts';
import type { Metric, MetricOptions } from './metric.ts';
import { ObservedMetric, type ObservedOptions } from './observed.metric.ts';

const NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/**
 * See the head of the file.
 *
 * @example
 * const refused = metrics.counter({ name: 'gatehouse_limit_refusals_total', help: 'Requests refused.', labels: ['limit'] });
 * refused.inc({ limit: 'address' });
 * metrics.observe({ type: 'gauge', name: 'gatehouse_audit_lag_seconds', help: '…', read: () => [[{}, journal.lag()]] });
 */
export class Metrics {
  private readonly metrics = new Map<string, Metric>();
  private readonly overflows: Counter<'metric'>;
  private readonly failures: Counter<'metric'>;

  constructor() {
    this.overflows = this.counter({
      name: 'gatehouse_metrics_overflow_total',
      help: 'Observations counted as (other), because a metric has as many series as it may.',
      labels: ['metric'],
    });
    this.failures = this.counter({
      name: 'gatehouse_metrics_read_failures_total',
      help: 'Metrics left out of a page, because reading them failed.',
      labels: ['metric'],
    });
  }

  /** @throws Error when the name is taken or malformed */
  counter<L extends string = never>(options: MetricOptions<L>): Counter<L> {
    return this.add(new Counter(options, () => this.overflows.inc({ metric: options.name })));
  }

  /** @throws Error when the name is taken or malformed */
  gauge<L extends string = never>(options: MetricOptions<L>): Gauge<L> {
    return this.add(new Gauge(options, () => this.overflows.inc({ metric: options.name })));
  }

  /** @throws Error when the name is taken or malformed */
  histogram<L extends string = never>(options: HistogramOptions<L>): Histogram<L> {
    return this.add(new Histogram(options, () => this.overflows.inc({ metric: options.name })));
  }

  /** A counter or gauge that is read when the page is asked for. @throws Error when the name is taken or malformed */
  observe<L extends string = never>(options: ObservedOptions<L>): void {
    this.add(new ObservedMetric(options));
  }

  /**
   * The page.
   *
   * @param accept the Accept header of whoever asks
   */
  page(accept?: string): { readonly type: string; readonly body: string } {
    const format = formatFor(accept);
    const body = exposition(this.metrics.values(), format, ({ name }) => this.failures.inc({ metric: name }));
    return { type: MEDIA_TYPE[format], body };
  }

  private add<M extends Metric>(metric: M): M {
    const { name, type } = metric;
    if (!NAME.test(name) || (type === 'counter') !== name.endsWith('_total'))
      throw new Error(`metric ${name}: a name is snake_case, and that of a counter, of it alone, ends with _total`);
    if (this.metrics.has(name)) throw new Error(`metric ${name} is declared twice`);
    this.metrics.set(name, metric);
    return metric;
  }
}
