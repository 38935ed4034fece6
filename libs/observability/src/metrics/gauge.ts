// What goes up and down, set by whoever knows it.
import type { Metric, MetricOptions, Sample } from './metric.ts';
import { type Labels, SeriesMap } from './series.map.ts';

/** See the head of the file. */
export class Gauge<L extends string = never> implements Metric {
  readonly type = 'gauge';
  readonly name: string;
  readonly help: string;
  private readonly series: SeriesMap<L, { value: number }>;

  constructor({ name, help, labels = [], maxSeries = 1_000 }: MetricOptions<L>, onOverflow: () => void) {
    this.name = name;
    this.help = help;
    this.series = new SeriesMap(labels, () => ({ value: 0 }), maxSeries, onOverflow);
  }

  set(labels: Labels<L>, value: number): void {
    this.series.at(labels).value = value;
  }

  /** Adds, or takes away what is negative. */
  add(labels: Labels<L>, by: number): void {
    this.series.at(labels).value += by;
  }

  *samples(): Iterable<Sample> {
    for (const [labels, { value }] of this.series.entries()) yield { suffix: '', labels, value };
  }
}
