// The limits in an application of NestJS that is not made by @gatehouse/service (there they are hooks, which cost less). Register it
// before the guard that authenticates, to spare its work; after it, to limit by caller.
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@gatehouse/problem-details';
import type { Charge, Limit } from './limit.ts';
import { policyHeader, rateLimitHeader, retryAfter } from './rate-limit.headers.ts';
import { RateLimitError } from './rate-limit.error.ts';
import { RateLimiter } from './rate-limiter.ts';
import { readRouteLimits, type RouteLimits } from './route.limits.ts';
import { subjectOf, type LimitedRequest } from './subject.ts';
import type { Verdict } from './verdict.ts';

interface Reply {
  header?(name: string, value: string): unknown;
  setHeader?(name: string, value: string): unknown;
}

interface Route extends RouteLimits {
  readonly made: readonly Limit[];
}

@Injectable()
export class RateLimitGuard implements CanActivate {
  private readonly routes = new WeakMap<object, Route>();

  constructor(@Inject(RateLimiter) private readonly limiter: RateLimiter) {}

  /** @throws ProblemError `rate-limited` with Retry-After */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const route = this.routeOf(context.getClass(), context.getHandler());
    if (route.unlimited !== undefined) return true;
    const request = context.switchToHttp().getRequest<LimitedRequest>();
    const reply = context.switchToHttp().getResponse<Reply>();
    const { cost, failClosed } = route;
    const charge = (limit: Limit): Charge => ({ limit, cost });
    const address = `a:${this.limiter.addressKey(request.ip)}`;
    const first = await this.limiter.decide(address, [charge(this.limiter.address)], { failClosed });
    if (!first.allowed) this.refuse(reply, first, []);
    const { principal } = request;
    const own = [...(principal ? [this.limiter.limitOf(principal.plan)] : []), ...route.made];
    if (own.length === 0) return this.tell(reply, first, []);
    const subject = principal ? subjectOf(principal) : address;
    const second = await this.limiter.decide(subject, own.map(charge), { failClosed });
    if (!second.allowed) this.refuse(reply, second, first.states);
    return this.tell(reply, second, first.states);
  }

  private routeOf(controller: object, handler: object): Route {
    let route = this.routes.get(handler);
    if (route) return route;
    const read = readRouteLimits(controller, handler);
    const [wrong] = read.undecided;
    if (wrong) throw new RateLimitError(`a route's limits cannot be enforced`, wrong);
    const name = `${(controller as { name?: string }).name}-${(handler as { name?: string }).name}`.toLowerCase();
    const made = read.limits.map(({ name: kind, ...spec }) =>
      this.limiter.limit(`${kind}-${name.replaceAll(/[^a-z0-9]+/g, '-')}`.slice(0, 64), spec),
    );
    route = { ...read, made };
    this.routes.set(handler, route);
    return route;
  }

  private refuse(reply: Reply, verdict: Verdict, before: Verdict['states']): never {
    this.tell(reply, verdict, before);
    const seconds = retryAfter(verdict);
    set(reply, 'Retry-After', seconds); // whichever filter answers
    throw new ProblemError('rate-limited', { headers: { 'retry-after': seconds } });
  }

  private tell(reply: Reply, verdict: Verdict, before: Verdict['states']): true {
    if (!this.limiter.settings.headers) return true;
    const states = [...before, ...verdict.states];
    set(reply, 'RateLimit-Policy', policyHeader(states.map(({ limit }) => limit)));
    set(reply, 'RateLimit', rateLimitHeader(states));
    return true;
  }
}

/** On Fastify and on Express. */
const set = (reply: Reply, name: string, value: string) =>
  reply.header ? reply.header(name, value) : reply.setHeader?.(name, value);
