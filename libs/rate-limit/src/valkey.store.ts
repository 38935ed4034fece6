// The limits of all replicas together: one round trip for all limits of one caller, pipelined with those of other requests.
import type { SharedValkey } from '@gatehouse/valkey';
import { GCRA } from './gcra.script.ts';
import type { Charge, Limit } from './limit.ts';
import { costOf, judge, type Verdict } from './verdict.ts';

/** See the head of the file. */
export class ValkeyStore {
  constructor(private readonly valkey: SharedValkey) {}

  get ready(): boolean {
    return this.valkey.ready;
  }

  /** @param charge false to ask and take nothing. @throws ValkeyUnavailableError */
  async decide(subject: string, charges: readonly Charge[], charge = true): Promise<Verdict> {
    const keys: string[] = [];
    const args: number[] = [];
    for (const one of charges) {
      keys.push(keyOf(subject, one.limit));
      args.push(charge ? micros(costOf(one)) : 0, micros(one.limit.toleranceMs));
    }
    const debts = (await this.valkey.evaluate(GCRA, keys, args)) as number[];
    return judge(
      charges,
      debts.map((debt) => debt / 1000),
      charge,
    );
  }
}

/** The braces make the caller the part that a cluster chooses the node by. */
const keyOf = (subject: string, limit: Limit) => `{${subject}}:${limit.name}`;

const micros = (milliseconds: number) => Math.round(milliseconds * 1000);
