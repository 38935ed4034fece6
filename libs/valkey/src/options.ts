// What a descriptor and the environment may say, and nothing that does the work: a start that is refused loads no more than this.
export { resolveValkeyOptions, valkeyEnvironment } from './valkey.environment.ts';
export { valkeyOptionsSchema, type ValkeyOptions, type ValkeySettings } from './valkey.options.ts';
