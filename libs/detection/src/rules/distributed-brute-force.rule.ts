// One account attacked from many addresses, each of which stays below what is noticed of an address.
import { callerOf } from '../address.group.ts';
import type { Thresholds } from '../detection.options.ts';
import { BoundedMap } from '../state/bounded.map.ts';
import { RecentList } from '../state/recent.list.ts';
import type { Rule } from './rule.ts';

export function distributedBruteForce(thresholds: Thresholds<'distributedBruteForce'>, maxKeys: number): Rule {
  const byAccount = new BoundedMap<RecentList<{ address: string; agent: string }>>(maxKeys);
  return {
    size: () => byAccount.size,
    observe(event) {
      if (event.kind !== 'request' || !event.refused) return undefined;
      const { account } = event.refused;
      const recent = byAccount.at(account, () => new RecentList(4 * thresholds.attempts));
      const attempt = { address: callerOf(event.address), agent: (event.agent ?? '').slice(0, 64) };
      const attempts = recent.add(event.at, attempt, thresholds.windowSeconds);
      const addresses = new Set(attempts.map(({ address }) => address)).size;
      if (attempts.length < thresholds.attempts || addresses < thresholds.addresses) return undefined;
      const agents = new Set(attempts.map(({ agent }) => agent)).size;
      if (addresses < thresholds.manyAddresses && agents < thresholds.agents) return undefined;
      recent.clear();
      return {
        subject: { kind: 'account', id: account },
        message: 'Wrong credentials for one account from many addresses.',
        evidence: { attempts: attempts.length, addresses, agents, windowSeconds: thresholds.windowSeconds },
      };
    },
  };
}
