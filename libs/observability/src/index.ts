export { HealthRegistry, type HealthCheck, type HealthResult } from './health.registry.ts';
export { createLogger, flushLogger, LOG_LEVELS, type Logger, type LoggerOptions, type LogLevel } from './logger.ts';
