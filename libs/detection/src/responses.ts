// What an alert does to its caller, where that is asked for: nothing by default. An address may be an office, and whoever can make
// your partner's address look bad can shut your partner out; so it is bounded in time, and there is a list of those never touched.
import type { BlockList } from 'node:net';
import { callerOf } from './address.group.ts';
import { addressList, isListed } from './address.list.ts';
import type { DetectionSettings, RuleName } from './detection.options.ts';
import { BoundedMap } from './state/bounded.map.ts';

/** Callers that are blocked or slowed at a time, at most. */
const MAX_CALLERS = 10_000;

/** What is to be done with a request. */
export type Verdict =
  { readonly kind: 'block'; readonly retryAfterSeconds: number } | { readonly kind: 'slow'; readonly delayMs: number };

/** See the head of the file. */
export class Responses {
  private readonly blocked = new BoundedMap<number>(MAX_CALLERS);
  private readonly slowed = new BoundedMap<number>(MAX_CALLERS);
  private readonly never: BlockList;
  private readonly idle: boolean;

  constructor(private readonly settings: DetectionSettings['responses']) {
    this.never = addressList(settings.never);
    this.idle = settings.block === undefined && settings.slow === undefined;
  }

  /** A rule said something of an address. */
  react(rule: RuleName, address: string, at: number): void {
    if (this.idle || isListed(this.never, address)) return;
    const { block, slow } = this.settings;
    if (block?.rules.includes(rule)) this.blocked.set(callerOf(address), at + block.seconds * 1_000);
    if (slow?.rules.includes(rule)) this.slowed.set(callerOf(address), at + slow.seconds * 1_000);
  }

  verdict(address: string, now: number): Verdict | undefined {
    if (this.idle) return undefined;
    const caller = callerOf(address);
    const until = this.blocked.get(caller);
    if (until !== undefined && until > now) {
      return { kind: 'block', retryAfterSeconds: Math.ceil((until - now) / 1_000) };
    }
    const { slow } = this.settings;
    if (slow && (this.slowed.get(caller) ?? -Infinity) > now) return { kind: 'slow', delayMs: slow.delayMs };
    return undefined;
  }

  sizes(): { blocked: number; slowed: number } {
    return { blocked: this.blocked.size, slowed: this.slowed.size };
  }
}
