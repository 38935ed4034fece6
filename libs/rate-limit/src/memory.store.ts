// The limits of one process. Nothing waits: a decision is arithmetic on one row of a table.
import { ArrivalTable } from './arrival.table.ts';
import type { Charge } from './limit.ts';
import { costOf, judge, type Verdict } from './verdict.ts';

/** See the head of the file. */
export class MemoryStore {
  readonly table: ArrivalTable;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    maxKeys: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.table = new ArrivalTable(maxKeys);
  }

  /** Asks every limit, and charges them all when all have room. */
  decide(subject: string, charges: readonly Charge[]): Verdict {
    const now = this.now();
    const debts = this.debts(subject, charges, now);
    const verdict = judge(charges, debts);
    if (!verdict.allowed) return verdict;
    for (let index = 0; index < charges.length; index++) {
      const one = charges[index] as Charge;
      if (charges.length > 1) this.table.read(one.limit.salt, subject);
      this.table.write(now + (debts[index] ?? 0) + costOf(one), now);
    }
    return verdict;
  }

  /** Asks and takes nothing. */
  peek(subject: string, charges: readonly Charge[]): Verdict {
    return judge(charges, this.debts(subject, charges, this.now()), false);
  }

  /** Callers that owe something now. */
  held(): number {
    return this.table.held(this.now());
  }

  private debts(subject: string, charges: readonly Charge[], now: number): number[] {
    const debts: number[] = [];
    for (const { limit } of charges) debts.push(Math.max(0, this.table.read(limit.salt, subject) - now));
    return debts;
  }
}
