// The command that starts the service, for the checks that start it themselves.
import { skip } from '../check.ts';
import type { ServiceCommand } from '../conformance.options.ts';
import { startService, type ServiceProcess } from '../process/service.process.ts';
import type { Target } from '../target.ts';

/** Skips the check where there is none. */
export function commandOf(target: Target): ServiceCommand {
  return target.options.command ?? skip('needs a command that starts the service (--command)');
}

/** Starts it, waits until it is ready, and ends it whatever happens. */
export async function withService<T>(
  command: ServiceCommand,
  env: Readonly<Record<string, string>>,
  work: (service: ServiceProcess) => Promise<T>,
): Promise<T> {
  const service = await startService(command, env);
  try {
    if (!(await service.ready(command.startSeconds * 1000)))
      throw new Error(`the command is not ready within ${command.startSeconds} s: ${service.output()}`);
    return await work(service);
  } finally {
    await service.dispose();
  }
}
