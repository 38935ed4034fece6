// Step 4: whose request it is. X-Forwarded-For is believed from listed proxies only, hop by hop from the nearest (CWE-348);
// without a list the address is the socket's, and the header is ignored.
import { compile } from '@fastify/proxy-addr';
import type { FastifyInstance } from 'fastify';
import { forwardedClient } from '@gatehouse/tls';
import type { Step } from '../step.ts';

export const clientAddress: Step = {
  name: 'client-address',
  does: 'The address of the caller; only listed proxies may say it.',
  answers: ['malformed-http', 'plain-http-refused'],
  server: ({ settings }) => ({
    trustProxy: settings.trustedProxies.length > 0 ? compile([...settings.trustedProxies]) : false,
  }),
  install(app, { tls }) {
    if (tls.proxied?.protocol !== 'forwarded') return rememberAddress(app);
    // Where a balancer ends TLS and says so by Forwarded, each request has to say it.
    app.addHook('onRequest', (request, _reply, done) => {
      Object.defineProperty(request, 'ip', { value: forwardedClient(request.headers).address });
      done();
    });
  },
};

/**
 * Who has gone must not be without an address in what is written afterwards. A TCP socket remembers it once it was asked; that of an
 * HTTP/2 session is out of reach after its end.
 */
function rememberAddress(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { ip } = request;
    if (request.raw.httpVersionMajor === 2) Object.defineProperty(request, 'ip', { value: ip });
    done();
  });
}
