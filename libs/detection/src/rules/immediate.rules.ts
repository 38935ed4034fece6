// What is an alert at once, without counting.
import { callerOf } from '../address.group.ts';
import type { Rule } from './rule.ts';

export const credentialExposed: Rule = {
  size: () => 0,
  observe: (event) =>
    event.kind === 'credential-exposed'
      ? {
          subject: { kind: 'address', id: callerOf(event.address) },
          message: 'A credential came over plain HTTP: whoever was on the way has it. Revoke it.',
        }
      : undefined,
};

export const safeguardFailed: Rule = {
  size: () => 0,
  observe: (event) =>
    event.kind === 'safeguard-failed'
      ? { subject: { kind: 'service', id: event.safeguard }, message: event.what.slice(0, 500) }
      : undefined,
};
