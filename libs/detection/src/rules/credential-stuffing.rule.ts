// Lists of leaked credentials tried out: many accounts, each once or twice, so that no account looks attacked.
import { callerOf } from '../address.group.ts';
import type { Thresholds } from '../detection.options.ts';
import { BoundedMap } from '../state/bounded.map.ts';
import { RecentList } from '../state/recent.list.ts';
import type { Rule } from './rule.ts';

export function credentialStuffing(thresholds: Thresholds<'credentialStuffing'>, maxKeys: number): Rule {
  const byAddress = new BoundedMap<RecentList<string>>(maxKeys);
  return {
    size: () => byAddress.size,
    observe(event) {
      if (event.kind !== 'request' || !event.refused) return undefined;
      const caller = callerOf(event.address);
      const recent = byAddress.at(caller, () => new RecentList(2 * thresholds.attempts));
      const accounts = recent.add(event.at, event.refused.account, thresholds.windowSeconds);
      if (accounts.length < thresholds.attempts) return undefined;
      const tries = [...Map.groupBy(accounts, (account) => account).values()].map(({ length }) => length);
      const few = tries.filter((times) => times <= 2).length;
      if (tries.length < thresholds.accounts || few < thresholds.fewShare * tries.length) return undefined;
      recent.clear();
      return {
        subject: { kind: 'address', id: caller },
        message: 'Many accounts tried once or twice from one address.',
        evidence: { attempts: accounts.length, accounts: tries.length, windowSeconds: thresholds.windowSeconds },
      };
    },
  };
}
