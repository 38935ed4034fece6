// How long things took, or how large they were, in buckets: any quantile can be had of it, over any time and all replicas together.
import type { Metric, MetricOptions, Sample } from './metric.ts';
import { type Labels, SeriesMap } from './series.map.ts';

/** See {@link Histogram}. */
export interface HistogramOptions<L extends string> extends MetricOptions<L> {
  /** Upper bounds, rising, without +Inf. */
  readonly buckets: readonly number[];
}

interface Distribution {
  /** For each bound what is within it and not within the one before; last what is beyond all. */
  readonly counts: Float64Array;
  sum: number;
}

/** See the head of the file. */
export class Histogram<L extends string = never> implements Metric {
  readonly type = 'histogram';
  readonly name: string;
  readonly help: string;
  private readonly buckets: readonly number[];
  private readonly series: SeriesMap<L, Distribution>;

  constructor({ name, help, labels = [], maxSeries = 1_000, buckets }: HistogramOptions<L>, onOverflow: () => void) {
    this.name = name;
    this.help = help;
    this.buckets = buckets;
    const make = () => ({ counts: new Float64Array(buckets.length + 1), sum: 0 });
    this.series = new SeriesMap(labels, make, maxSeries, onOverflow);
  }

  /** What is not a number is left out: one would spoil the sum for good. */
  observe(labels: Labels<L>, value: number): void {
    if (!Number.isFinite(value)) return;
    const { buckets } = this;
    let index = 0;
    while (index < buckets.length && value > (buckets[index] as number)) index += 1;
    const own = this.series.at(labels);
    own.counts[index] = (own.counts[index] as number) + 1;
    own.sum += value;
  }

  *samples(): Iterable<Sample> {
    for (const [labels, { counts, sum }] of this.series.entries()) {
      const prefix = labels === '' ? '' : `${labels},`;
      let count = 0;
      for (const [index, bound] of [...this.buckets, Infinity].entries()) {
        count += counts[index] ?? 0;
        yield { suffix: '_bucket', labels: `${prefix}le="${bound === Infinity ? '+Inf' : bound}"`, value: count };
      }
      yield { suffix: '_sum', labels, value: sum };
      yield { suffix: '_count', labels, value: count };
    }
  }
}
