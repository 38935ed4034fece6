// What a descriptor and the environment may say, and nothing that does the work: a start that is refused loads no more than this.
export { LOG_LEVELS, type LogLevel } from './log.level.ts';
export { tracesOptionsSchema, type TracesOptions, type TracesSettings } from './traces/traces.options.ts';
