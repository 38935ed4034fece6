// Step 11: the controller's method, within a time (CWE-400). The time is measured here: Fastify's own `handlerTimeout` stops its
// clock when the body of a request has been read, so that a POST could take for ever.
import type { FastifyReply } from 'fastify';
import { ProblemError } from '@gatehouse/problem-details';
import type { Step } from '../step.ts';

export const handler: Step = {
  name: 'handler',
  does: 'The controller, within its time.',
  answers: ['handler-timeout'],
  install(app, { settings }) {
    const { handlerTimeoutMs } = settings.limits;
    app.addHook('preHandler', (_request, reply, done) => {
      const clock = setTimeout(end, handlerTimeoutMs, reply);
      reply.raw.once('close', () => clearTimeout(clock)); // answered, or its caller has gone
      done();
    });
  },
};

function end(reply: FastifyReply): void {
  if (reply.raw.destroyed) return;
  const error = new ProblemError('handler-timeout');
  // An answer that has begun cannot become another one: its connection ends instead.
  if (reply.raw.headersSent) reply.raw.destroy(error);
  else if (!reply.sent) reply.send(error);
}
