// Administration from where this administrator has never been. The first network is learnt in silence: after a start nobody is known.
import { networkOf } from '../address.group.ts';
import type { Thresholds } from '../detection.options.ts';
import { BoundedMap } from '../state/bounded.map.ts';
import type { Rule } from './rule.ts';

/** Networks of one administrator that are remembered. */
const MAX_NETWORKS = 32;

export function newNetworkAdmin({ rememberSeconds }: Thresholds<'newNetworkAdmin'>, maxKeys: number): Rule {
  const administrators = new BoundedMap<Map<string, number>>(maxKeys);
  return {
    size: () => administrators.size,
    observe(event) {
      if (event.kind !== 'request' || !event.admin || event.principal === undefined) return undefined;
      const { network } = networkOf(event.address);
      const known = administrators.at(event.principal, () => new Map());
      const first = known.size === 0;
      const lastSeen = known.get(network);
      known.delete(network);
      known.set(network, event.at); // the newest last
      if (known.size > MAX_NETWORKS) known.delete(known.keys().next().value ?? '');
      if (first || (lastSeen !== undefined && event.at - lastSeen <= rememberSeconds * 1_000)) return undefined;
      return {
        subject: { kind: 'principal', id: event.principal },
        message: 'Administration from a network that is new for this principal.',
        evidence: { network },
      };
    },
  };
}
