// A caller that suddenly asks far more than it is used to: a stolen credential, or a client gone wild. The baseline is each caller's
// own; median and MAD do not move with the few slices that an attacker fills.
import type { Thresholds } from '../detection.options.ts';
import { BoundedMap } from '../state/bounded.map.ts';
import type { Rule } from './rule.ts';

/** Makes the median absolute deviation comparable with a standard deviation. */
const MAD_TO_SIGMA = 1.4826;

interface Volume {
  slice: number;
  count: number;
  /** More than this is unusual in the current slice. */
  bound: number;
  /** Counts of slices in which the caller was there: a ring. */
  readonly past: number[];
  next: number;
}

export function unusualVolume(thresholds: Thresholds<'unusualVolume'>, maxKeys: number): Rule {
  const callers = new BoundedMap<Volume>(maxKeys);
  const sliceMs = thresholds.sliceSeconds * 1_000;
  return {
    size: () => callers.size,
    observe(event) {
      if (event.kind !== 'request' || event.principal === undefined) return undefined;
      const slice = Math.floor(event.at / sliceMs);
      const volume = callers.at(event.principal, () => ({ slice, count: 0, bound: Infinity, past: [], next: 0 }));
      if (slice > volume.slice) turn(volume, slice, thresholds);
      volume.count += 1;
      if (volume.count <= volume.bound) return undefined;
      const { bound, count } = volume;
      volume.bound = Infinity; // once a slice
      return {
        subject: { kind: 'principal', id: event.principal },
        message: 'Far more requests than this caller is used to.',
        evidence: { requests: count, usual: median(volume.past), bound, sliceSeconds: thresholds.sliceSeconds },
      };
    },
  };
}

/** Slices without a request are left out: a caller that comes once an hour is not used to nothing. */
function turn(volume: Volume, slice: number, thresholds: Thresholds<'unusualVolume'>): void {
  volume.past[volume.next] = volume.count;
  volume.next = (volume.next + 1) % thresholds.slices;
  volume.slice = slice;
  volume.count = 0;
  volume.bound = boundOf(volume.past, thresholds);
}

function boundOf(
  past: readonly number[],
  { minimumSlices, deviations, factor, floor }: Thresholds<'unusualVolume'>,
): number {
  if (past.length < minimumSlices) return Infinity;
  const usual = median(past);
  const deviation = median(past.map((count) => Math.abs(count - usual))) * MAD_TO_SIGMA;
  return Math.max(floor, factor * usual, usual + deviations * deviation);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
