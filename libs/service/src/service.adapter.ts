// Nest's Fastify adapter, with the request path in charge: errors, unknown routes and body parsing are the steps', and each route
// tells the catalogue what it declared.
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import type { HandlerDeclaration } from './route.catalogue.ts';
import type { ServiceContext, Step } from './step.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the handler of the route declared. */
    gatehouse?: HandlerDeclaration;
  }
}

/** Makes the adapter and installs the steps on it, in their order. */
export function serviceAdapter(steps: readonly Step[], context: ServiceContext): FastifyAdapter {
  const server = Object.assign({}, ...steps.map((step) => step.server?.(context))) as FastifyServerOptions;
  const adapter = new ServiceAdapter({ ...server, logger: false, skipMiddie: true } as object);
  const app = adapter.getInstance() as unknown as FastifyInstance;
  for (const step of steps) step.install?.(app, context);
  app.addHook('onRoute', (options) => {
    const declared = options.config?.gatehouse;
    if (!declared) return;
    const route = { ...declared, method: String(options.method), url: options.url };
    if (route.method !== 'HEAD') context.routes.add(route); // HEAD is the shadow of a GET: same steps, no row of its own
    for (const step of steps) step.onRoute?.(options, route, context);
  });
  return adapter;
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
