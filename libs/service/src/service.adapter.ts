// Nest's Fastify adapter, with the request path in charge: errors, unknown routes and body parsing are the steps', and each route
// tells the catalogue what it declared.
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import type { HandlerDeclaration } from './route.catalogue.ts';
import type { Outcome, ServiceContext, Step } from './step.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the handler of the route declared. */
    gatehouse?: HandlerDeclaration;
  }
}

/** Makes the adapter and installs the steps on it, in their order. */
export function serviceAdapter(steps: readonly Step[], context: ServiceContext): FastifyAdapter {
  const server = Object.assign({}, ...steps.map((step) => step.server?.(context))) as FastifyServerOptions;
  const outcomes = steps.flatMap((step) => step.outcome?.(context) ?? []);
  const adapter = new ServiceAdapter({ ...tellRefusals(server, outcomes), logger: false, skipMiddie: true } as object);
  const app = adapter.getInstance() as unknown as FastifyInstance;
  for (const step of steps) step.install?.(app, context);
  app.addHook('onResponse', (request, reply, done) => {
    for (const tell of outcomes) tell(request, reply);
    done();
  });
  app.addHook('onRoute', (options) => {
    const declared = options.config?.gatehouse;
    if (!declared) return;
    const route = { ...declared, method: String(options.method), url: options.url };
    if (route.method !== 'HEAD') context.routes.add(route); // HEAD is the shadow of a GET: same steps, no row of its own
    for (const step of steps) step.onRoute?.(options, route, context);
  });
  return adapter;
}

/** What the router itself refuses (a malformed URL) goes through no hook: its outcome is told when its answer has left. */
function tellRefusals(server: FastifyServerOptions, outcomes: readonly Outcome[]): FastifyServerOptions {
  const { frameworkErrors } = server;
  if (!frameworkErrors) return server;
  return {
    ...server,
    frameworkErrors(error, request, reply) {
      reply.raw.once('close', () => {
        for (const tell of outcomes) tell(request as FastifyRequest, reply as unknown as FastifyReply);
      });
      return frameworkErrors(error, request, reply);
    },
  };
}

/** The problem step answers errors and unknown routes, the body step parses: what Nest would install instead is left out. */
class ServiceAdapter extends FastifyAdapter {
  override setErrorHandler(): never {
    return undefined as never;
  }
  override setNotFoundHandler(): never {
    return undefined as never;
  }
  override registerParserMiddleware(): void {
    // left out: see above
  }
}
