export { openValkey, SharedValkey, VALKEY_OUTCOMES, type ValkeyContext, type ValkeyOutcome } from './valkey.ts';
export { valkeyEnvironment } from './valkey.environment.ts';
export { ValkeyError, ValkeyUnavailableError } from './valkey.error.ts';
export type { ValkeyEvent } from './valkey.event.ts';
export { valkeyOptionsSchema, type ValkeyOptions, type ValkeySettings } from './valkey.options.ts';
export { defineScript, type ValkeyScript } from './valkey.script.ts';
export type { ValkeyListener } from './valkey.subscriber.ts';
