// The plain-HTTP port of a service. A credential that came to it has leaked: that is written down, told, and looked at as an attack.
import type { Server } from 'node:http';
import { createPlainHttpGate } from '@gatehouse/tls';
import type { ServiceContext } from './step.ts';

/** @param httpsPort asked for at each redirect: the port is known when the other listener has it */
export function openGate(context: ServiceContext, httpsPort: () => number): Server {
  const { settings, tls, log, identifiers, audit, detector } = context;
  return createPlainHttpGate({
    httpsOrigin: () => settings.publicOrigin ?? `https://localhost:${httpsPort()}`,
    onCredentialExposed({ address, requestId, method }) {
      const from = identifiers.of(address ?? 'unknown');
      log.warn({ requestId, method, address: from }, 'a credential travelled in clear');
      audit?.refusedConnection({ address, reason: 'credential-exposed', requestId });
      detector.observe({ kind: 'credential-exposed', at: Date.now(), address: address ?? 'unknown', requestId });
    },
    challenge: (token) => tls.challenge(token),
  });
}
