// Step 3: the headers that make a browser careful (ASVS 5.0 V3.4), the same on every answer, errors too. Computed once.
import type { ServiceSettings } from '../config/settings.ts';
import type { Step } from '../step.ts';

export const securityHeadersStep: Step = {
  name: 'security-headers',
  does: 'HSTS, CSP, nosniff, no-store and the request id; no word about the software.',
  answers: [],
  install(app, { settings }) {
    const headers = securityHeaders(settings);
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(headers);
      reply.header('x-request-id', request.id);
      done();
    });
  },
};

/** The headers of every answer. */
export function securityHeaders(settings: Pick<ServiceSettings, 'headers'>): Record<string, string> {
  const { hstsMaxAgeSeconds, hstsIncludeSubDomains, contentSecurityPolicy, cacheControl } = settings.headers;
  return {
    'strict-transport-security': `max-age=${hstsMaxAgeSeconds}${hstsIncludeSubDomains ? '; includeSubDomains' : ''}`,
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': cacheControl,
  };
}
