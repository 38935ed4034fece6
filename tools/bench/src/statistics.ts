// Medians and ranges. A mean is not used: one round that a neighbour disturbed would move it.

/** Median with the smallest and largest value, in the unit of the values. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws RangeError when there is no value, or one is not finite: no figure is better than a wrong one */
export function summarise(values: readonly number[]): Summary {
  if (values.length === 0 || !values.every(Number.isFinite)) throw new RangeError('a summary needs finite values');
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] as number;
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/**
 * How much of the baseline's capacity is kept: baseline µs / subject µs, round by round, because both sides of a round saw the
 * same neighbours.
 *
 * @throws RangeError when the rounds do not pair up
 */
export function keptOf(baseline: readonly number[], subject: readonly number[]): Summary {
  if (baseline.length !== subject.length) throw new RangeError('ratios need rounds that pair up');
  return summarise(baseline.map((micros, round) => micros / (subject[round] as number)));
}
