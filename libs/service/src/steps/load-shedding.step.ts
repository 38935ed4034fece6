// Step 4: more than this process can do is refused at once and cheaply, before it costs memory (ASVS 5.0 V15.2.2; API4:2023). Two signs:
// requests that are under way, and an event loop that is late again and again. Health is answered all the same: a balancer that counts a
// busy replica as dead sends its load to the next.
import { ProblemError } from '@gatehouse/problem-details';
import { EventLoopWatch } from '../event-loop.watch.ts';
import type { Step } from '../step.ts';

/** Said so often at most, in milliseconds. */
const REPORT_MS = 10_000;

export const loadShedding: Step = {
  name: 'load-shedding',
  does: 'Requests under way and lag of the event loop; beyond their limits, work is refused before it begins.',
  answers: ['overloaded'],
  install(app, { settings, log }) {
    const { maxRequestsInFlight, maxEventLoopLagMs } = settings.limits;
    const loop = new EventLoopWatch(maxEventLoopLagMs);
    let inFlight = 0;
    let reported = -Infinity;
    const leave = () => {
      inFlight -= 1;
    };
    app.addHook('onRequest', (request, reply, done) => {
      if (request.routeOptions.config?.gatehouse?.limits.unlimited !== undefined) return done();
      if (inFlight < maxRequestsInFlight && !loop.late) {
        inFlight += 1;
        reply.raw.once('close', leave); // answered, or its caller has gone
        return done();
      }
      if (performance.now() - reported > REPORT_MS) {
        reported = performance.now();
        log.warn({ inFlight, eventLoopLagMs: Math.round(loop.lagMs) }, 'shedding load');
      }
      // spread over a few seconds, or all who were refused come back together
      const seconds = 1 + Math.floor(Math.random() * 3);
      done(new ProblemError('overloaded', { headers: { 'retry-after': String(seconds) } }));
    });
    app.addHook('onClose', (_app, done) => {
      loop.close();
      done();
    });
  },
};
