// What every metric can say of itself to the page.

/** As in the Prometheus and OpenMetrics formats. */
export type MetricType = 'counter' | 'gauge' | 'histogram';

/** One line of the page. */
export interface Sample {
  /** After the name of the metric: `_bucket`, `_sum`, `_count`, or nothing. */
  readonly suffix: '' | '_bucket' | '_sum' | '_count';
  /** As printed; empty for none. */
  readonly labels: string;
  readonly value: number;
}

/** A metric with its samples. A counter's name ends with `_total`. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  samples(): Iterable<Sample>;
}

/** How a metric is declared. */
export interface MetricOptions<L extends string> {
  /** snake_case with its unit: `gatehouse_backlog_seconds`; a counter ends with `_total`. */
  readonly name: string;
  /** One sentence for the person who reads the page. */
  readonly help: string;
  /** Their values must come from a small set of our own: never an address, a principal, a path, a text of a caller. */
  readonly labels?: readonly L[];
  /** Series at most; what is beyond counts as `(other)`. 1,000 unless told. */
  readonly maxSeries?: number;
}
