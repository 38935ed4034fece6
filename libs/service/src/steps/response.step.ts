// Step 12: only declared fields leave: @Returns compiles to the route's serialiser (see @gatehouse/validation). While draining,
// each answer also tells its client to reconnect elsewhere.
import type { Step } from '../step.ts';

export const response: Step = {
  name: 'response-schema',
  does: 'Only declared fields leave; while draining, the connection closes after the answer.',
  answers: [],
  install(app, context) {
    app.addHook('onSend', (request, reply, payload, done) => {
      if (context.draining && request.raw.httpVersionMajor === 1) reply.header('connection', 'close');
      done(null, payload);
    });
  },
};
