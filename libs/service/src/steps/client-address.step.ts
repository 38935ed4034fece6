// Step 4: whose request it is. X-Forwarded-For is believed from listed proxies only, hop by hop from the nearest (CWE-348);
// without a list the address is the socket's, and the header is ignored.
import { compile } from '@fastify/proxy-addr';
import type { Step } from '../step.ts';

export const clientAddress: Step = {
  name: 'client-address',
  does: 'The address of the caller; only listed proxies may say it.',
  answers: [],
  server: ({ settings }) => ({
    trustProxy: settings.trustedProxies.length > 0 ? compile([...settings.trustedProxies]) : false,
  }),
};
