// What a descriptor and the environment may say, and nothing that does the work: a start that is refused loads no more than this.
export { rateLimitEnvironment, resolveRateLimitOptions } from './rate-limit.environment.ts';
export { rateLimitOptionsSchema, type RateLimitOptions, type RateLimitSettings } from './rate-limit.options.ts';
