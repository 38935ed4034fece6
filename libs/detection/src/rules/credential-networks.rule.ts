// A token or key that is in two places at once has been stolen, or shared. Families are told apart: a device with IPv4 and IPv6 uses
// both.
import { networkOf } from '../address.group.ts';
import type { Thresholds } from '../detection.options.ts';
import { BoundedMap } from '../state/bounded.map.ts';
import { RecentList } from '../state/recent.list.ts';
import type { Rule } from './rule.ts';

interface Use {
  /** The network of the last use. */
  network: string;
  /** Each change of network. */
  readonly changes: RecentList<string>;
}

export function credentialNetworks(thresholds: Thresholds<'credentialNetworks'>, maxKeys: number): Rule {
  const uses = new BoundedMap<Use>(maxKeys);
  const most = thresholds.changes + thresholds.networks + 1;
  return {
    size: () => uses.size,
    observe(event) {
      if (event.kind !== 'request' || event.credential === undefined) return undefined;
      const { family, network } = networkOf(event.address);
      const key = `${family} ${event.credential}`;
      const use = uses.get(key);
      if (use?.network === network) return undefined;
      if (!use) {
        const first: Use = { network, changes: new RecentList(most) };
        first.changes.add(event.at, network, thresholds.windowSeconds);
        uses.set(key, first);
        return undefined;
      }
      use.network = network;
      const visited = use.changes.add(event.at, network, thresholds.windowSeconds);
      const networks = new Set(visited).size;
      const changes = visited.length - 1;
      if (networks < 2 || (networks < thresholds.networks && changes < thresholds.changes)) return undefined;
      use.changes.clear();
      return {
        subject: { kind: 'credential', id: event.credential },
        message: 'One credential used from several networks.',
        evidence: { networks, changes, ...(event.principal !== undefined && { principal: event.principal }) },
      };
    },
  };
}
