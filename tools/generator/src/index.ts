export { type DestroyOptions, runDestroy } from './command.destroy.ts';
export { type NewOptions, runNew } from './command.new.ts';
export { runSync, type SyncOptions } from './command.sync.ts';
export { readDescriptors, type ServiceSummary } from './descriptor.reader.ts';
export type { Asking, Given } from './question.ts';
export { quote, RefusalError } from './refusal.error.ts';
export { EXIT, type Output, type Result, runReporting } from './report.ts';
