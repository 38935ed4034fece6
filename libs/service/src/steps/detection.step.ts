// Looks for attacks in every request that has ended. Does nothing to a caller unless `detection.responses` says so; then a caller
// that an alert was about is refused, or made to wait, before any costly work.
import { setTimeout as delay } from 'node:timers/promises';
import { ProblemError } from '@gatehouse/problem-details';
import { requestEvent } from '../detection/request.event.ts';
import type { Step } from '../step.ts';

/** Requests that are made to wait at a time; beyond it they are refused, so that waiting costs the service nothing. */
const MAX_WAITING = 100;

export const detectionStep: Step = {
  name: 'detection',
  does: 'Looks for attacks in what has ended; refuses or slows an attacker where that is configured.',
  answers: ['rate-limited'],
  install(app, { detector, settings }) {
    const { block, slow } = settings.detection.responses;
    if (!block && !slow) return;
    let waiting = 0;
    app.addHook('onRequest', async (request) => {
      const verdict = detector.verdict(request.ip, Date.now());
      if (!verdict) return;
      if (verdict.kind === 'block') throw refusal(verdict.retryAfterSeconds);
      if (waiting >= MAX_WAITING) throw refusal(Math.ceil(verdict.delayMs / 1_000));
      waiting += 1;
      await delay(verdict.delayMs).finally(() => (waiting -= 1));
    });
  },
  outcome(context) {
    if (!context.settings.detection.enabled) return undefined;
    return (request, reply) => context.detector.observe(requestEvent(request, reply, context));
  },
};

const refusal = (seconds: number) => new ProblemError('rate-limited', { headers: { 'retry-after': String(seconds) } });
