// Step 8: how much one caller may ask for, over all addresses: by its plan, and by route. While nobody is known, a route's own limit
// holds by address.
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { subjectOf, type LimitedRequest, type RateLimiter } from '@gatehouse/rate-limit';
import type { RouteRecord } from '../route.catalogue.ts';
import type { Step } from '../step.ts';
import { admit } from './rate-limit.admission.ts';

export const rateLimitByPrincipal: Step = {
  name: 'rate-limit-by-principal',
  does: 'Limit by caller and plan, and by route (`@Throttle`).',
  answers: ['rate-limited', 'dependency-unavailable'],
  onRoute(options, route, { limits }) {
    if (route.limits.unlimited !== undefined) return;
    const { cost, failClosed } = route.limits;
    const own = routeLimits(limits, route).map((limit) => ({ limit, cost }));
    const limit: onRequestHookHandler = (request, reply, done) => {
      const { principal } = request as FastifyRequest & LimitedRequest;
      if (!principal && own.length === 0) return done();
      const subject = principal ? subjectOf(principal) : `a:${limits.addressKey(request.ip)}`;
      const charges = principal ? [{ limit: limits.limitOf(principal.plan), cost }, ...own] : own;
      admit(limits, subject, charges, failClosed, request, reply, done);
    };
    // after whatever authenticates: hooks of a route run after those of all routes, and in the order of the steps
    options.onRequest = [...[options.onRequest ?? []].flat(), limit];
  },
};

/** Named by method and path, so that a caller sees which limit it meets; HEAD is a GET. */
function routeLimits(limits: RateLimiter, { method, url, limits: declared }: RouteRecord) {
  const path = `${method === 'HEAD' ? 'GET' : method}${url}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return declared.limits.map(({ name, ...spec }) =>
    limits.limit((name === 'route' ? path : `${path}-${name}`).slice(0, 64), spec),
  );
}
