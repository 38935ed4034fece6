export { ConfigurationError } from './config/configuration.error.ts';
export { defineService } from './config/define-service.ts';
export { serviceOptionsSchema, type ServiceDescriptor, type ServiceOptions } from './config/service.options.ts';
export { knownSettings, resolveSettings, type ServiceOverrides, type ServiceSettings } from './config/settings.ts';
export { runService } from './run-service.ts';
export { startService, type RunningService } from './start-service.ts';
export { requestPath } from './steps/index.ts';
export type { TraceContext } from './steps/context.step.ts';
export type { ServiceContext, Step } from './step.ts';
