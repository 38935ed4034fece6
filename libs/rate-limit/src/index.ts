export { SkipThrottle, Throttle, ThrottlerStorage } from '@nestjs/throttler';
export { Cost, RateLimit, Unlimited, type RouteLimitOptions } from './rate-limit.decorators.ts';
export { addressKeys } from './address.key.ts';
export type { DecidedBy, DecisionCounts } from './decision.counts.ts';
export type { Attempt, Attempted } from './failed.authentication.ts';
export type { Charge, Limit, LimitOptions } from './limit.ts';
export { rateLimitEnvironment } from './rate-limit.environment.ts';
export { RateLimitError } from './rate-limit.error.ts';
export type { RateLimitEvent, RateLimitEventType } from './rate-limit.event.ts';
export { RateLimitGuard } from './rate-limit.guard.ts';
export { policyHeader, rateLimitHeader, retryAfter } from './rate-limit.headers.ts';
export { RateLimitModule } from './rate-limit.module.ts';
export { rateLimitOptionsSchema, type RateLimitOptions, type RateLimitSettings } from './rate-limit.options.ts';
export {
  createRateLimiter,
  RateLimiter,
  type DecideOptions,
  type RateLimiterContext,
  type RateLimiterStatus,
} from './rate-limiter.ts';
export { readRouteLimits, type DeclaredLimit, type RouteLimits } from './route.limits.ts';
export { subjectOf, type LimitedPrincipal, type LimitedRequest } from './subject.ts';
export { GcraThrottlerStorage } from './throttler.storage.ts';
export type { LimitState, Verdict } from './verdict.ts';
