// What an alert does to its caller, where that is asked for: nothing by default. An address may be an office, and whoever can make
// your partner's address look bad can shut your partner out; so it is bounded in time, and there is a list of those never touched.
import type { BlockList } from 'node:net';
import { callerOf } from './address.group.ts';
import { addressList, isListed } from './address.list.ts';
import type { DetectionSettings, RuleName } from './detection.options.ts';
import { BoundedMap } from './state/bounded.map.ts';

/** Callers that are blocked or slowed at a time, at most. */
const MAX_CALLERS = 10_000;

/** What may hold a caller. */
export type ResponseKind = 'block' | 'slow';

/** What is to be done with a request. */
export type Verdict =
  { readonly kind: 'block'; readonly retryAfterSeconds: number } | { readonly kind: 'slow'; readonly delayMs: number };

/** See the head of the file. */
export class Responses {
  private blocked = new BoundedMap<number>(MAX_CALLERS);
  private slowed = new BoundedMap<number>(MAX_CALLERS);
  private readonly never: BlockList;
  private readonly idle: boolean;

  /** @param onRespond told of whom a rule of ours holds from now on */
  constructor(
    private readonly settings: DetectionSettings['responses'],
    private readonly onRespond?: (kind: ResponseKind, caller: string, until: number) => void,
  ) {
    this.never = addressList(settings.never);
    this.idle = settings.block === undefined && settings.slow === undefined;
  }

  /** A rule said something of an address. */
  react(rule: RuleName, address: string, at: number): void {
    if (this.idle || isListed(this.never, address)) return;
    const { block, slow } = this.settings;
    if (block?.rules.includes(rule)) this.hold('block', callerOf(address), at + block.seconds * 1_000);
    if (slow?.rules.includes(rule)) this.hold('slow', callerOf(address), at + slow.seconds * 1_000);
  }

  /** Holds nobody any more. */
  release(): void {
    this.blocked = new BoundedMap(MAX_CALLERS);
    this.slowed = new BoundedMap(MAX_CALLERS);
  }

  /** Whether a rule takes back the API key that it was about. */
  revokes(rule: RuleName): boolean {
    return this.settings.revoke?.rules.includes(rule) ?? false;
  }

  /** Another replica holds a caller; here it counts no longer than our own would, and only where we have that response at all. */
  adopt(kind: ResponseKind, caller: string, until: number, now = Date.now()): void {
    const own = this.settings[kind];
    if (!own || isListed(this.never, caller.split('/', 1)[0] ?? caller)) return;
    this.mapOf(kind).set(caller, Math.min(until, now + own.seconds * 1_000));
  }

  /** Whom it holds now. */
  active(now: number, max: number): { kind: ResponseKind; caller: string; until: number }[] {
    const of = (kind: ResponseKind) =>
      [...this.mapOf(kind).entries()].map(([caller, until]) => ({ kind, caller, until }));
    return [...of('block'), ...of('slow')].filter(({ until }) => until > now).slice(-max);
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

  private hold(kind: ResponseKind, caller: string, until: number): void {
    this.mapOf(kind).set(caller, until);
    this.onRespond?.(kind, caller, until);
  }

  private mapOf(kind: ResponseKind): BoundedMap<number> {
    return kind === 'block' ? this.blocked : this.slowed;
  }

  sizes(): { blocked: number; slowed: number } {
    return { blocked: this.blocked.size, slowed: this.slowed.size };
  }
}
