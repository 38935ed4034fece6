// Step 6: how much one address may ask for, before anything costly is done for it. The address is that of step 5: a forged
// X-Forwarded-For is another's bucket only where its sender is a listed proxy.
import type { Step } from '../step.ts';
import { admit, isUnlimited } from './rate-limit.admission.ts';

export const rateLimitByAddress: Step = {
  name: 'rate-limit-by-address',
  does: 'Limit by address, before any costly work.',
  answers: ['rate-limited', 'dependency-unavailable'],
  install(app, { limits }) {
    const { address } = limits;
    const one = [{ limit: address, cost: 1 }];
    app.decorateRequest('limitStates', undefined);
    app.addHook('onRequest', (request, reply, done) => {
      if (isUnlimited(request)) return done();
      const { cost = 1, failClosed = false } = request.routeOptions.config?.gatehouse?.limits ?? {};
      const charges = cost === 1 ? one : [{ limit: address, cost }];
      admit(limits, `a:${limits.addressKey(request.ip)}`, charges, failClosed, request, reply, done);
    });
  },
};
