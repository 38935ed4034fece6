// A limit as GCRA understands it (ITU-T I.371): an allowance that refills evenly, so that there is no window and no window's edge.
// `limit` in `windowSeconds` is the pace that is never refused; `burst` is what may come at once. No window, wherever it begins, lets
// more than `limit + burst` pass, and over a long time no more than `limit` a window.
import { z } from 'zod';

export const limitSchema = z.strictObject({
  limit: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .meta({ description: 'Requests (or units of cost) in a window: the pace that is always served.' }),
  windowSeconds: z.number().min(0.1).max(2_678_400).default(60).meta({ description: 'The window, in seconds.' }),
  burst: z.int().min(1).max(1_000_000_000).optional().meta({
    description:
      'How many may come at once. By default a tenth of the limit, and at least 10 of it. The larger, the more a window can exceed the limit.',
  }),
});

/** How a limit is written down. */
export type LimitOptions = z.input<typeof limitSchema>;

/** A limit, ready to decide with. */
export interface Limit {
  /** Letters, digits and hyphens: it stands in headers and in keys. */
  readonly name: string;
  /** Tells limits apart in the table. */
  readonly salt: number;
  readonly limit: number;
  readonly windowMs: number;
  readonly burst: number;
  /** What one request takes of the allowance, in milliseconds. */
  readonly intervalMs: number;
  /** The whole allowance, in milliseconds. */
  readonly toleranceMs: number;
  /** The limit's member of `RateLimit-Policy`. */
  readonly policy: string;
  /** What one of several replicas enforces alone. */
  readonly share: Limit;
}

/** What a request takes of one limit. */
export interface Charge {
  readonly limit: Limit;
  /** 1 for an ordinary request. */
  readonly cost: number;
}

/** @throws Error for a name that cannot stand in a header */
export function makeLimit(name: string, options: LimitOptions, replicas = 1): Limit {
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) throw new Error(`the name of a limit, "${name}": use a–z, 0–9 and -`);
  const {
    limit,
    windowSeconds,
    burst = Math.max(Math.min(limit, 10), Math.ceil(limit / 10)),
  } = limitSchema.parse(options);
  const whole = paced(name, limit, windowSeconds * 1000, burst, 1);
  return { ...whole, share: replicas === 1 ? whole : paced(name, limit, windowSeconds * 1000, burst, replicas) };
}

function paced(name: string, limit: number, windowMs: number, whole: number, replicas: number): Limit {
  const burst = Math.max(1, Math.floor(whole / replicas));
  // whole microseconds, so that a script's arithmetic and ours agree to the last request
  const intervalMs = Math.max(1, Math.round((windowMs * 1000 * replicas) / limit)) / 1000;
  const own: Omit<Limit, 'share'> = {
    name,
    salt: saltOf(name),
    limit,
    windowMs,
    burst,
    intervalMs,
    toleranceMs: intervalMs * burst,
    policy: `"${name}";q=${limit};w=${Math.max(1, Math.round(windowMs / 1000))}`,
  };
  return Object.assign(own, { share: own as Limit });
}

/** FNV-1a: names are the programmer's, so nobody attacks it. */
function saltOf(name: string): number {
  let salt = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) salt = Math.imul(salt ^ name.charCodeAt(index), 0x01000193);
  return salt;
}
