// What somebody else knows already (a certificate's end, a pool's size): read when the page is asked for, so that it is never
// stale, and gone when its source is.
import type { Metric, MetricOptions, Sample } from './metric.ts';
import { type Labels, printLabels } from './series.map.ts';

/** See {@link ObservedMetric}. */
export interface ObservedOptions<L extends string> extends MetricOptions<L> {
  readonly type: 'counter' | 'gauge';
  /** Called for each page; quick, and free to throw: the metric is then missing, and that is counted. */
  readonly read: () => Iterable<readonly [labels: Labels<L>, value: number | undefined]>;
}

/** See the head of the file. */
export class ObservedMetric<L extends string> implements Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';

  constructor(private readonly options: ObservedOptions<L>) {
    ({ name: this.name, help: this.help, type: this.type } = options);
  }

  *samples(): Iterable<Sample> {
    const { labels: names = [], maxSeries = 1_000, read } = this.options;
    let left = maxSeries;
    for (const [labels, value] of read()) {
      if (value === undefined || left-- <= 0) continue;
      yield { suffix: '', labels: printLabels(names, (name) => labels[name]), value };
    }
  }
}
