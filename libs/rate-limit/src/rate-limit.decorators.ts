// What a route says about its limits, beside @Throttle of @nestjs/throttler. There is one way to have none, and it names its reason.
import { SetMetadata } from '@nestjs/common';
import { z } from 'zod';

/** Metadata keys. */
export const UNLIMITED = 'gatehouse:unlimited';
export const COST = 'gatehouse:cost';
export const RATE_LIMIT = 'gatehouse:rate-limit';

const routeLimitSchema = z.strictObject({
  burst: z.int().min(1).optional().meta({ description: 'How many of the @Throttle limit may come at once.' }),
  fail: z.enum(['share', 'closed']).default('share').meta({
    description: 'While the shared store is gone: enforce the share of this process, or answer 503.',
  }),
});

/** What {@link RateLimit} takes. */
export type RouteLimitOptions = z.input<typeof routeLimitSchema>;

type Decorator = MethodDecorator & ClassDecorator;

/**
 * Exempts a route, or all of a controller, from limits and from load shedding.
 * @param reason why no limit is needed, for the reader and for /policy
 * @throws Error without a reason
 */
export function Unlimited(reason: string): Decorator {
  if (reason.trim().length < 10) throw new Error('@Unlimited needs a reason, in a few words');
  return SetMetadata(UNLIMITED, reason);
}

/**
 * How many ordinary requests this one counts as.
 * @throws Error when it is no whole number from 1 on
 * @example @Get('report') @Cost(20) report() {…}
 */
export function Cost(units: number): Decorator {
  if (!Number.isSafeInteger(units) || units < 1) throw new Error(`@Cost(${units}): use a whole number from 1 on`);
  return SetMetadata(COST, units);
}

/**
 * How the @Throttle limit of a route is enforced.
 * @throws ZodError for an unknown or malformed key
 * @example @Post() @Throttle({ default: { limit: 60, ttl: 60_000 } }) @RateLimit({ burst: 5, fail: 'closed' })
 */
export const RateLimit = (options: RouteLimitOptions): Decorator =>
  SetMetadata(RATE_LIMIT, routeLimitSchema.parse(options));
