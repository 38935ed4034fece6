// The one thing that decides. With a shared store every replica sees the same; while that is gone each goes on with its own share, says
// so once, and takes the store again when it is back. Where a route would rather be shut than approximate, it answers 503.
import { ProblemError } from '@gatehouse/problem-details';
import type { SharedValkey } from '@gatehouse/valkey';
import { addressKeys } from './address.key.ts';
import { DecisionCounts } from './decision.counts.ts';
import { failedAuthentication, type Attempt, type Attempted } from './failed.authentication.ts';
import { makeLimit, type Charge, type Limit, type LimitOptions } from './limit.ts';
import { MemoryStore } from './memory.store.ts';
import { resolveRateLimitOptions } from './rate-limit.environment.ts';
import { emitter, type EmitRateLimitEvent, type RateLimitEvent } from './rate-limit.event.ts';
import type { RateLimitOptions, RateLimitSettings } from './rate-limit.options.ts';
import { judge, type Verdict } from './verdict.ts';
import { ValkeyStore } from './valkey.store.ts';

/** Where a limiter lives. */
export interface RateLimiterContext {
  readonly production?: boolean;
  /** What the replicas share; left out, each process limits on its own. It is not closed with the limiter. */
  readonly valkey?: SharedValkey;
  /** GATEHOUSE_RATE_LIMIT_ settings, which win over the options. */
  readonly env?: NodeJS.ProcessEnv;
  readonly onEvent?: (event: RateLimitEvent) => void;
}

/** How one question is to be decided. */
export interface DecideOptions {
  /** 503 while the shared store is gone, in place of this process's share. */
  readonly failClosed?: boolean;
}

/** What {@link RateLimiter.status} tells. */
export interface RateLimiterStatus {
  readonly store: 'memory' | 'valkey' | 'share';
  readonly replicas: number;
  readonly maxKeys: number;
  /** Callers in this process's memory that owe something now. */
  readonly keys: number;
  readonly tableBytes: number;
  /** Callers that were forgotten while they still owed something: raise maxKeys. */
  readonly evicted: number;
}

/** Marks of refusals share the table with the allowances of the share. */
const HOLD = 0x5bd1e995;

/** A full table is reported so often at most, in milliseconds. */
const REPORT_MS = 60_000;

/**
 * Makes a limiter.
 *
 * @throws RateLimitError when the options are wrong or unsafe
 * @example const limits = await createRateLimiter({ address: { limit: 600 } });
 */
export async function createRateLimiter(
  options: RateLimitOptions = {},
  context: RateLimiterContext = {},
): Promise<RateLimiter> {
  return new RateLimiter(resolveRateLimitOptions(options, context), emitter(context.onEvent), context.valkey);
}

/** See the head of the file. Made by {@link createRateLimiter}. */
export class RateLimiter {
  /** The key of an address: its network, as the settings say. */
  readonly addressKey: (address: string | undefined) => string;
  readonly address: Limit;
  readonly counts = new DecisionCounts();
  private readonly principalLimit: Limit;
  private readonly plans: ReadonlyMap<string, Limit>;
  private readonly memory: MemoryStore;
  private readonly shared?: ValkeyStore;
  private readonly unwatch?: () => void;
  private readonly attempts: (attempted: Attempted) => Attempt;
  private reported = { at: -Infinity, evicted: 0 };

  constructor(
    readonly settings: RateLimitSettings,
    private readonly emit: EmitRateLimitEvent,
    valkey?: SharedValkey,
  ) {
    this.memory = new MemoryStore(settings.maxKeys);
    if (valkey) {
      this.shared = new ValkeyStore(valkey);
      this.unwatch = valkey.watch((reason) => this.tell(reason));
      if (!valkey.ready) this.tell('not there at the start');
    }
    this.addressKey = addressKeys({ ipv4Bits: settings.ipv4PrefixBits, ipv6Bits: settings.ipv6PrefixBits });
    this.address = this.limit('address', settings.address);
    this.principalLimit = this.limit('principal', settings.principal);
    this.plans = new Map(
      Object.entries(settings.plans).map(([plan, spec]) => [plan, this.limit(`plan-${plan}`, spec)] as const),
    );
    this.attempts = failedAuthentication(this, settings.failedAuthentication);
  }

  /** Makes a limit that this limiter can decide. */
  limit(name: string, options: LimitOptions): Limit {
    return makeLimit(name, options, this.settings.replicas);
  }

  /** The limit of a caller: that of its plan, or the one for all. */
  limitOf(plan: string | undefined): Limit {
    return (plan === undefined ? undefined : this.plans.get(plan)) ?? this.principalLimit;
  }

  /**
   * Asks all limits of one caller at once; charges them all, or none.
   *
   * @param subject who, such as `a:192.0.2.1`; without braces
   * @returns at once where no shared store is asked
   * @throws ProblemError `dependency-unavailable` with `failClosed`, while the shared store is gone
   */
  decide(subject: string, charges: readonly Charge[], options: DecideOptions = {}): Verdict | Promise<Verdict> {
    if (!this.shared) return this.inMemory('memory', subject, charges);
    if (!this.shared.ready) return this.alone(subject, charges, options);
    if (this.settings.localRefusals) {
      const held = this.held(subject, charges);
      if (held) return this.counts.count('held', held);
    }
    return this.together(this.shared, subject, charges, options);
  }

  /** Asks as {@link decide} does, and takes nothing. */
  async peek(subject: string, charges: readonly Charge[]): Promise<Verdict> {
    if (!this.shared) return this.counts.count('memory', this.memory.peek(subject, charges));
    if (this.shared.ready) {
      const verdict = await this.shared.decide(subject, charges, false).catch(() => undefined);
      if (verdict) return this.counts.count('valkey', verdict);
    }
    return this.counts.count('share', this.memory.peek(subject, shares(charges)));
  }

  /**
   * Failed authentications of an address and an account, counted apart from all other limits.
   * @example const attempt = limits.failedAuthentication({ address: request.ip, account: clientId });
   * if (!(await attempt.check()).allowed) throw tooMany; // …then, when the credential was wrong:
   * await attempt.count();
   */
  failedAuthentication(attempted: Attempted): Attempt {
    return this.attempts(attempted);
  }

  status(): RateLimiterStatus {
    const { table } = this.memory;
    return {
      store: !this.shared ? 'memory' : this.shared.ready ? 'valkey' : 'share',
      replicas: this.settings.replicas,
      maxKeys: this.settings.maxKeys,
      keys: this.memory.held(),
      tableBytes: table.bytes,
      evicted: table.evicted,
    };
  }

  async close(): Promise<void> {
    this.unwatch?.();
  }

  private tell(lost: string | undefined): void {
    const { replicas } = this.settings;
    if (lost === undefined) this.emit('store-recovered', 'Valkey is back: limits hold over all replicas again.');
    else this.emit('store-lost', `Valkey is gone (${lost}): each process enforces 1/${replicas} of each limit.`);
  }

  private async together(
    store: ValkeyStore,
    subject: string,
    charges: readonly Charge[],
    options: DecideOptions,
  ): Promise<Verdict> {
    const verdict = await store.decide(subject, charges).catch(() => undefined);
    if (!verdict) return this.alone(subject, charges, options);
    if (!verdict.allowed && this.settings.localRefusals) this.hold(subject, verdict);
    return this.counts.count('valkey', verdict);
  }

  private alone(subject: string, charges: readonly Charge[], { failClosed }: DecideOptions): Verdict {
    if (failClosed) throw new ProblemError('dependency-unavailable', { headers: { 'retry-after': '1' } });
    return this.inMemory('share', subject, shares(charges));
  }

  private inMemory(store: 'memory' | 'share', subject: string, charges: readonly Charge[]): Verdict {
    const verdict = this.memory.decide(subject, charges);
    const { evicted } = this.memory.table;
    if (evicted > this.reported.evicted) this.reportEvicted(evicted);
    return this.counts.count(store, verdict);
  }

  /** Until when a caller is refused even at cost 1 is certain: what is owed only grows. */
  private hold(subject: string, { states }: Verdict): void {
    const now = performance.now();
    for (const { limit, resetMs } of states) {
      const waitMs = resetMs + limit.intervalMs - limit.toleranceMs;
      if (waitMs <= 1) continue;
      this.memory.table.read(limit.salt ^ HOLD, subject);
      this.memory.table.write(now + waitMs, now);
    }
  }

  /** A refusal that is remembered, and nothing else: that a mark has just run out lets nobody pass. */
  private held(subject: string, charges: readonly Charge[]): Verdict | undefined {
    const now = performance.now();
    const debts = charges.map(({ limit }) => {
      const waitMs = this.memory.table.read(limit.salt ^ HOLD, subject) - now;
      return waitMs <= 0 ? 0 : waitMs + limit.toleranceMs - limit.intervalMs;
    });
    if (debts.every((debt) => debt === 0)) return undefined;
    const verdict = judge(charges, debts);
    return verdict.allowed ? undefined : verdict;
  }

  private reportEvicted(evicted: number): void {
    const now = performance.now();
    if (now - this.reported.at < REPORT_MS) return;
    this.emit(
      'keys-evicted',
      `${evicted - this.reported.evicted} callers were forgotten before their time: raise maxKeys (${this.settings.maxKeys}).`,
    );
    this.reported = { at: now, evicted };
  }
}

const shares = (charges: readonly Charge[]): Charge[] =>
  charges.map(({ limit, cost }) => ({ limit: limit.share, cost }));
