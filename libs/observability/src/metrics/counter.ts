// What only grows: requests, refusals, failures.
import type { Metric, MetricOptions, Sample } from './metric.ts';
import { type Labels, SeriesMap } from './series.map.ts';

/** See the head of the file. */
export class Counter<L extends string = never> implements Metric {
  readonly type = 'counter';
  readonly name: string;
  readonly help: string;
  private readonly series: SeriesMap<L, { value: number }>;

  constructor({ name, help, labels = [], maxSeries = 1_000 }: MetricOptions<L>, onOverflow: () => void) {
    this.name = name;
    this.help = help;
    this.series = new SeriesMap(labels, () => ({ value: 0 }), maxSeries, onOverflow);
    if (labels.length === 0) this.series.at({} as Labels<L>); // present from the start, so that a rate has a zero to begin at
  }

  /** @param by not negative */
  inc(labels: Labels<L>, by = 1): void {
    this.series.at(labels).value += by;
  }

  *samples(): Iterable<Sample> {
    for (const [labels, { value }] of this.series.entries()) yield { suffix: '', labels, value };
  }
}
