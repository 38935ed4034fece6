// The plain-HTTP port of a service. A credential that came to it has leaked: that is written down, told, and looked at as an attack.
import type { Server } from 'node:http';
import { createPlainHttpGate } from '@gatehouse/tls';
import type { ServiceContext } from './step.ts';

/** @param httpsPort asked for at each redirect: the port is known when the other listener has it */
export function openGate(context: ServiceContext, httpsPort: () => number): Server {
  const { settings, tls, log, identifiers, audit, detector } = context;
  const apiKeys = settings.authn?.apiKeys?.revokeExposedKeys ? context.authn?.apiKeys : undefined;
  const revoke = async (secret: string) => {
    try {
      const id = await apiKeys?.revokeExposed(secret);
      if (id !== undefined) log.error({ apiKey: id }, 'an API key travelled in clear, and was revoked');
    } catch (err) {
      log.error({ err }, 'an API key travelled in clear, and could not be looked up to revoke it');
    }
  };
  return createPlainHttpGate({
    httpsOrigin: () => settings.publicOrigin ?? `https://localhost:${httpsPort()}`,
    onCredentialExposed({ address, requestId, method }) {
      const from = identifiers.of(address ?? 'unknown');
      log.warn({ requestId, method, address: from }, 'a credential travelled in clear');
      audit?.refusedConnection({ address, reason: 'credential-exposed', requestId });
      detector.observe({ kind: 'credential-exposed', at: Date.now(), address: address ?? 'unknown', requestId });
    },
    // Nobody waits for it, so that the refusal is the same for a key that is known and one that is not.
    onSecretExposed: apiKeys && ((secret) => void revoke(secret)),
    challenge: (token) => tls.challenge(token),
  });
}
