// The limits of all replicas together: one round trip for all limits of one caller, pipelined with those of other requests.
import type { Charge, Limit } from '../limit.ts';
import { costOf, judge, type Verdict } from '../verdict.ts';
import type { ValkeyConnection } from './valkey.connection.ts';

/** See the head of the file. */
export class ValkeyStore {
  constructor(
    private readonly connection: ValkeyConnection,
    private readonly prefix: string,
  ) {}

  /** @param charge false to ask and take nothing */
  async decide(subject: string, charges: readonly Charge[], charge = true): Promise<Verdict> {
    const keys: string[] = [];
    const args: number[] = [];
    for (const one of charges) {
      keys.push(this.keyOf(subject, one.limit));
      args.push(charge ? micros(costOf(one)) : 0, micros(one.limit.toleranceMs));
    }
    const debts = await this.connection.gcra(keys, args);
    return judge(
      charges,
      debts.map((debt) => debt / 1000),
      charge,
    );
  }

  /** The braces make the caller the part that a cluster chooses the node by. */
  private keyOf(subject: string, limit: Limit): string {
    return `${this.prefix}:{${subject}}:${limit.name}`;
  }
}

const micros = (milliseconds: number) => Math.round(milliseconds * 1000);
