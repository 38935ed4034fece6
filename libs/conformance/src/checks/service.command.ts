// The command that starts the service, for the checks that start it themselves.
import { skip } from '../check.ts';
import type { ServiceCommand } from '../conformance.options.ts';
import type { Target } from '../target.ts';

/** Skips the check where there is none. */
export function commandOf(target: Target): ServiceCommand {
  return target.options.command ?? skip('needs a command that starts the service (--command)');
}
