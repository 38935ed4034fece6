// The storage interface of @nestjs/throttler, for applications that keep its guard: its in-memory storage holds every hit and stalls when
// it sweeps, and its users' Redis storages let twice the limit pass at a window's edge.
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Limit } from './limit.ts';
import type { RateLimiter } from './rate-limiter.ts';

type Hits = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Limits that are remembered; a program has a handful. */
const MAX_LIMITS = 1_000;

/** `blockDuration` is not used: it would punish a client that is a little too fast with most of its requests. */
export class GcraThrottlerStorage implements ThrottlerStorage {
  private readonly limits = new Map<string, Limit>();

  constructor(private readonly limiter: RateLimiter) {}

  async increment(key: string, ttl: number, limit: number, _blockDuration: number, name: string): Promise<Hits> {
    const own = this.limitFor(ttl, limit, name);
    const verdict = await this.limiter.decide(`t:${key}`, [{ limit: own, cost: 1 }]);
    const { remaining, resetMs } = verdict.states[0] ?? { remaining: 0, resetMs: 0 };
    return {
      totalHits: verdict.allowed ? limit - Math.min(remaining, limit - 1) : limit + 1,
      timeToExpire: Math.ceil(resetMs / 1000),
      isBlocked: !verdict.allowed,
      timeToBlockExpire: Math.ceil(verdict.retryAfterMs / 1000),
    };
  }

  private limitFor(ttl: number, limit: number, name: string): Limit {
    const key = `${name} ${limit} ${ttl}`;
    let own = this.limits.get(key);
    if (own) return own;
    if (this.limits.size >= MAX_LIMITS) this.limits.clear();
    own = this.limiter.limit(`throttler-${limit}-${ttl}`, { limit, windowSeconds: ttl / 1000 });
    this.limits.set(key, own);
    return own;
  }
}
