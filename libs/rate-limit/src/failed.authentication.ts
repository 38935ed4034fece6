// Wrong credentials are counted on their own (ASVS 5.0 V6.3.1, CWE-307): by address, which stops one guesser, and by account, which stops
// ten thousand addresses that guess at one. An account that was used with success from an address is let in from there all the same, by
// a count of its own: neither the guessers of the world nor those of the same office can lock it out (ASVS 5.0 V6.1.1).
import { createHash } from 'node:crypto';
import type { Charge, Limit, LimitOptions } from './limit.ts';
import type { Verdict } from './verdict.ts';

/** Who tries. */
export interface Attempted {
  readonly address: string | undefined;
  /** What the credential claims to be: client id, key id, subject. Absent when it claims nothing. */
  readonly account?: string;
}

/** One attempt to authenticate. */
export interface Attempt {
  /** Before the credential is looked at: may it be? Takes nothing. */
  check(): Promise<Verdict>;
  /** The credential was wrong. */
  count(): Promise<Verdict>;
  /** The credential was right: for a day, this address is not shut out of this account by the failures of others. */
  succeeded(): Promise<void>;
}

/** What is needed of the limiter. */
export interface AttemptLimiter {
  readonly addressKey: (address: string | undefined) => string;
  limit(name: string, options: LimitOptions): Limit;
  decide(subject: string, charges: readonly Charge[]): Verdict | Promise<Verdict>;
  peek(subject: string, charges: readonly Charge[]): Promise<Verdict>;
}

const DAY_SECONDS = 86_400;

/** Makes the function behind `limits.failedAuthentication`. */
export function failedAuthentication(
  limiter: AttemptLimiter,
  options: { address: LimitOptions; account: LimitOptions },
): (attempted: Attempted) => Attempt {
  const charge = (name: string, spec: LimitOptions): Charge[] => [{ limit: limiter.limit(name, spec), cost: 1 }];
  const byAddress = charge('failed-by-address', options.address);
  const byAccount = charge('failed-by-account', options.account);
  const byBoth = charge('failed-by-both', options.account);
  const known = charge('known-address', { limit: 1, windowSeconds: DAY_SECONDS, burst: 1 });
  return ({ address, account }) => {
    const from = `f:${limiter.addressKey(address)}`;
    const to = account === undefined ? undefined : `c:${digest(account)}`;
    const pair = to && `k:${digest(`${from} ${to}`)}`;
    return {
      async check() {
        const [first, second] = await Promise.all([limiter.peek(from, byAddress), to && limiter.peek(to, byAccount)]);
        if (!second || !pair || (first.allowed && second.allowed)) return first;
        if (!(await limiter.peek(pair, known)).allowed) return limiter.peek(pair, byBoth);
        return first.allowed ? second : first;
      },
      async count() {
        const verdicts = await Promise.all([
          limiter.decide(from, byAddress),
          ...(to && pair ? [limiter.decide(to, byAccount), limiter.decide(pair, byBoth)] : []),
        ]);
        return verdicts.find(({ allowed }) => !allowed) ?? (verdicts[0] as Verdict);
      },
      async succeeded() {
        if (pair) await limiter.decide(pair, known);
      },
    };
  };
}

/** An account's name may be a person's, or as long as an attacker likes: it is kept nowhere. */
const digest = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 22);
