// Every rule that is on, by its name.
import type { DetectionSettings, RuleName } from '../detection.options.ts';
import { bucketRules } from './bucket.rules.ts';
import { credentialNetworks } from './credential-networks.rule.ts';
import { credentialStuffing } from './credential-stuffing.rule.ts';
import { distributedBruteForce } from './distributed-brute-force.rule.ts';
import { credentialExposed, safeguardFailed } from './immediate.rules.ts';
import { newNetworkAdmin } from './new-network-admin.rule.ts';
import type { Rule } from './rule.ts';
import { unusualVolume } from './unusual-volume.rule.ts';

export function rulesInForce(settings: DetectionSettings): readonly (readonly [RuleName, Rule])[] {
  const { rules, maxKeys } = settings;
  const all: Partial<Record<RuleName, Rule | false>> = {
    ...bucketRules(settings),
    credentialStuffing: rules.credentialStuffing && credentialStuffing(rules.credentialStuffing, maxKeys),
    distributedBruteForce: rules.distributedBruteForce && distributedBruteForce(rules.distributedBruteForce, maxKeys),
    credentialNetworks: rules.credentialNetworks && credentialNetworks(rules.credentialNetworks, maxKeys),
    newNetworkAdmin: rules.newNetworkAdmin && newNetworkAdmin(rules.newNetworkAdmin, maxKeys),
    unusualVolume: rules.unusualVolume && unusualVolume(rules.unusualVolume, maxKeys),
    credentialExposed: rules.credentialExposed && credentialExposed,
    safeguardFailed: rules.safeguardFailed && safeguardFailed,
  };
  return Object.entries(all).flatMap(([name, rule]) => (rule ? [[name as RuleName, rule] as const] : []));
}
