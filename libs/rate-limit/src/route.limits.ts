// Reads, once at the start, what a handler and its controller declare: @Throttle and @SkipThrottle of @nestjs/throttler as its users know
// them, and ours. What would have to be computed for each request, or would exempt without a reason, is refused with the remedy.
import { COST, RATE_LIMIT, UNLIMITED, type RouteLimitOptions } from './rate-limit.decorators.ts';

/** A limit of @Throttle. */
export interface DeclaredLimit {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  readonly burst?: number;
}

/** The limits of one route. */
export interface RouteLimits {
  readonly limits: readonly DeclaredLimit[];
  readonly cost: number;
  readonly failClosed: boolean;
  /** The reason of the exemption. */
  readonly unlimited?: string;
  /** What cannot be enforced as it is declared, in words that name the remedy. */
  readonly undecided: readonly string[];
}

/** Keys of @nestjs/throttler's metadata; the name of the throttler follows. */
const THROTTLE = { limit: 'THROTTLER:LIMIT', ttl: 'THROTTLER:TTL', skip: 'THROTTLER:SKIP' } as const;
const REFUSED = { 'THROTTLER:TRACKER': 'getTracker', 'THROTTLER:KEY_GENERATOR': 'generateKey' } as const;

/** @param controller the class, @param handler its method; the method's own word wins */
export function readRouteLimits(controller: object, handler: object): RouteLimits {
  const own = (key: string): unknown => Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller);
  const keys = [...new Set([handler, controller].flatMap((target) => Reflect.getMetadataKeys(target) as unknown[]))]
    .filter((key) => typeof key === 'string')
    .sort();
  const { burst, fail } = (own(RATE_LIMIT) ?? {}) as RouteLimitOptions;
  const cost = (own(COST) ?? 1) as number;
  const undecided: string[] = [];
  const limits: DeclaredLimit[] = [];
  for (const key of keys) {
    if (key.startsWith(THROTTLE.skip) && own(key) === true)
      undecided.push("give the exemption a reason: @Unlimited('…') in place of @SkipThrottle()");
    for (const [prefix, option] of Object.entries(REFUSED))
      if (key.startsWith(prefix) && own(key) !== undefined)
        undecided.push(
          `remove ${option} from @Throttle: a route is limited by caller, or by address while nobody is known`,
        );
    if (!key.startsWith(THROTTLE.limit)) continue;
    const name = key.slice(THROTTLE.limit.length);
    const limit = own(key);
    const ttl = own(THROTTLE.ttl + name);
    if (Number.isSafeInteger(limit) && (limit as number) > 0 && Number.isFinite(ttl) && (ttl as number) >= 100)
      limits.push({ name: limitName(name), limit: limit as number, windowSeconds: (ttl as number) / 1000, burst });
    else undecided.push('@Throttle: use a limit from 1 on, and a ttl in milliseconds from 100 on, both as numbers');
  }
  const first = limits[0];
  const most = first && (burst ?? Math.max(Math.min(first.limit, 10), Math.ceil(first.limit / 10)));
  if (most !== undefined && cost > most)
    undecided.push(
      `@Cost(${cost}) is above what may come at once (${most}): raise it by @RateLimit({ burst: ${cost} })`,
    );
  return { limits, cost, failClosed: fail === 'closed', unlimited: own(UNLIMITED) as string | undefined, undecided };
}

const limitName = (throttler: string) =>
  throttler === 'default'
    ? 'route'
    : throttler
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')
        .replace(/^(?![a-z])/, 'r');
