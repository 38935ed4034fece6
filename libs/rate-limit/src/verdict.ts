// The outcome of asking one or several limits at once. All must have room, or none is charged: a request that one limit refuses costs
// its caller nothing with the others.
import type { Charge, Limit } from './limit.ts';

/** Where one limit stands after the request. */
export interface LimitState {
  readonly limit: Limit;
  /** Requests of cost 1 that would pass now. */
  readonly remaining: number;
  /** Milliseconds until the whole allowance is back. */
  readonly resetMs: number;
}

/** See the head of the file. */
export interface Verdict {
  readonly allowed: boolean;
  readonly states: readonly LimitState[];
  /** How long the same request would be refused, in milliseconds; 0 when it is allowed. */
  readonly retryAfterMs: number;
  /** The limit that refused. */
  readonly refusedBy?: Limit;
}

/** Half a microsecond, in milliseconds: what adding up fractions may be wrong by. */
const ROUNDING_MS = 0.0005;

/** A cost above what may ever come at once would never pass. */
export const costOf = ({ limit, cost }: Charge): number => Math.min(cost, limit.burst) * limit.intervalMs;

/**
 * Judges by what the caller owes each limit, in milliseconds.
 * @param charges in the order of `debts`
 * @param charge false when it is only asked, and nothing will be taken
 */
export function judge(charges: readonly Charge[], debts: readonly number[], charge = true): Verdict {
  let retryAfterMs = 0;
  let refusedBy: Limit | undefined;
  for (let index = 0; index < charges.length; index++) {
    const one = charges[index] as Charge;
    const waitMs = (debts[index] ?? 0) + costOf(one) - one.limit.toleranceMs;
    if (waitMs <= ROUNDING_MS || waitMs <= retryAfterMs) continue;
    retryAfterMs = waitMs;
    refusedBy = one.limit;
  }
  const allowed = refusedBy === undefined;
  const states: LimitState[] = [];
  for (let index = 0; index < charges.length; index++) {
    const one = charges[index] as Charge;
    const resetMs = (debts[index] ?? 0) + (allowed && charge ? costOf(one) : 0);
    const left = (one.limit.toleranceMs - resetMs + ROUNDING_MS) / one.limit.intervalMs;
    states.push({ limit: one.limit, remaining: Math.max(0, Math.floor(left)), resetMs });
  }
  return { allowed, states, retryAfterMs, refusedBy };
}
