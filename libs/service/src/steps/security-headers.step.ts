// Step 3: the headers that make a browser careful (ASVS 5.0 V3.4), the same on every answer, errors too. Computed once for each host.
import { hstsHeader } from '@gatehouse/tls';
import type { ServiceSettings } from '../config/settings.ts';
import type { Step } from '../step.ts';

/** Hosts whose headers are remembered: a caller may send any Host, and must not fill the memory with them. */
const MAX_HOSTS = 100;

export const securityHeadersStep: Step = {
  name: 'security-headers',
  does: 'HSTS, CSP, nosniff, no-store and the request id; no word about the software.',
  answers: [],
  install(app, { settings }) {
    const known = new Map<string, Record<string, string>>();
    const headersFor = (host: string) => {
      let headers = known.get(host);
      if (headers) return headers;
      headers = securityHeaders(settings, host);
      if (known.size >= MAX_HOSTS) known.clear();
      known.set(host, headers);
      return headers;
    };
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(headersFor(request.host ?? ''));
      reply.header('x-request-id', request.id);
      done();
    });
  },
};

/**
 * The headers of every answer.
 *
 * @param host that the request was for: HSTS is not for localhost and addresses; without one, that of the public origin
 */
export function securityHeaders(
  settings: Pick<ServiceSettings, 'headers' | 'publicOrigin'>,
  host: string = new URL(settings.publicOrigin ?? 'https://localhost').host,
): Record<string, string> {
  const { contentSecurityPolicy, cacheControl, ...hsts } = settings.headers;
  const strict = hstsHeader(
    {
      maxAgeSeconds: hsts.hstsMaxAgeSeconds,
      includeSubDomains: hsts.hstsIncludeSubDomains,
      preload: hsts.hstsPreload,
      localNames: hsts.hstsLocalNames,
    },
    { encrypted: true, host },
  );
  return {
    ...(strict ? { 'strict-transport-security': strict } : {}),
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': cacheControl,
  };
}
