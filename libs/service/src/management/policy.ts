// What protects each route, as it is in force: for /policy and `gatehouse doctor`.
import type { ServiceContext, Step } from '../step.ts';

/** The answer of `/policy`. */
export function effectivePolicy(
  steps: readonly Step[],
  { routes, settings, limits, valkey, secrets, tls, audit, authn }: ServiceContext,
): object {
  return {
    service: settings.name,
    mode: settings.production ? 'production' : 'development',
    certificate: tls.describe(),
    secrets: { store: secrets.store.kind, declared: secrets.status() },
    limits: settings.limits,
    rateLimit: { ...settings.rateLimit, ...limits.status() },
    valkey: valkey ? { url: valkey.settings.url, up: valkey.ready } : 'none',
    revocations: revocationsReach(authn, settings),
    trustedProxies: settings.trustedProxies,
    requestPath: steps.map(({ name, does, answers, planned }) => ({
      name,
      does,
      answers,
      state: planned ? 'not in this release' : name === 'audit' && !audit ? 'off: audit.enabled' : 'on',
    })),
    routes: routes.all().map(({ method, url, query, body, response, access, audit: declared, limits: own }) => ({
      method,
      url,
      access,
      body: body ? 'schema' : 'none',
      query,
      response: response?.schema ? 'schema' : 'none',
      limits: own.unlimited === undefined ? own.limits : { unlimited: own.unlimited },
      cost: own.cost,
      audit: declared?.operation ?? `${method} ${url}`,
    })),
  };
}

/** Whom a revocation reaches, and how soon. */
function revocationsReach(authn: ServiceContext['authn'], { authn: options }: ServiceContext['settings']): unknown {
  if (!authn || !options) return 'none';
  const { revocationsReach: through } = authn;
  if (through === 'this process alone') return { reach: through };
  return { reach: `every replica, through ${through}`, withinMs: options.revocation.pollMs };
}
