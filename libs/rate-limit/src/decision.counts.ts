// What was decided since the start, and by which store: for the metrics. The names of limits are the programmer's, so they are few.
import type { Verdict } from './verdict.ts';

/** `held` is a refusal that was remembered in the process, without a round trip. */
export type DecidedBy = 'memory' | 'valkey' | 'share' | 'held';

/** See the head of the file. */
export class DecisionCounts {
  readonly byStore: Record<DecidedBy, number> = { memory: 0, valkey: 0, share: 0, held: 0 };
  /** By the name of the limit that refused. */
  readonly refusals = new Map<string, number>();

  count(store: DecidedBy, verdict: Verdict): Verdict {
    this.byStore[store] += 1;
    const name = verdict.refusedBy?.name;
    if (name !== undefined) this.refusals.set(name, (this.refusals.get(name) ?? 0) + 1);
    return verdict;
  }
}
