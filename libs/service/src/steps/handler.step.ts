// Step 11: the controller's method, within a time.
import type { Step } from '../step.ts';

export const handler: Step = {
  name: 'handler',
  does: 'The controller, within its time.',
  answers: ['handler-timeout'],
  server: ({ settings }) => ({ handlerTimeout: settings.limits.handlerTimeoutMs }),
};
