// A service with a part of the request path, to measure what a step costs. It protects nothing, so it is not for production.
import type { Type } from '@nestjs/common';
import { acceptStart } from '../accept-start.ts';
import { ConfigurationError } from '../config/configuration.error.ts';
import type { ServiceDescriptor } from '../config/service.options.ts';
import type { ServiceOverrides } from '../config/settings.ts';
import { startOnPath } from '../start-on-path.ts';
import type { RunningService } from '../start-service.ts';
import { requestPath } from '../steps/index.ts';

/**
 * Starts a service that has these steps alone, in the order of the request path.
 *
 * @param names of steps, as in `requestPath`; `connection` is always there
 * @throws ConfigurationError in production, or when there is no such step
 */
export function startWithSteps(
  names: readonly string[],
  app: Type,
  descriptor: ServiceDescriptor,
  overrides: ServiceOverrides,
): Promise<RunningService> {
  if (process.env.NODE_ENV === 'production')
    throw new ConfigurationError('a service without its request path is not for production: use startService');
  const unknown = names.find((name) => !requestPath.some((step) => step.name === name));
  if (unknown !== undefined) throw new ConfigurationError(`there is no step ${unknown}`);
  const steps = requestPath.filter(({ name }) => name === 'connection' || names.includes(name));
  return acceptStart(descriptor, overrides).then((accepted) => startOnPath(steps, app, accepted, overrides.logStream));
}
