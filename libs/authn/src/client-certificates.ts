// Callers known by their client certificate alone: only those that are listed, by the whole identity.
import type { ClientIdentity } from '@gatehouse/tls';
import type { AuthnOptions } from './authn.options.ts';
import type { Principal } from './principal.ts';

const made = new WeakMap<ClientIdentity, Principal | null>();

/** The principal of a listed identity; undefined for any other. Made once a connection. */
export function certificatePrincipal(
  identity: ClientIdentity,
  listed: AuthnOptions['clientCertificates'],
): Principal | undefined {
  let principal = made.get(identity);
  if (principal === undefined) made.set(identity, (principal = make(identity, listed) ?? null));
  return principal ?? undefined;
}

function make(identity: ClientIdentity, listed: AuthnOptions['clientCertificates']): Principal | undefined {
  const entry = listed.find(({ id }) => id === identity.id);
  if (!entry) return undefined;
  return Object.freeze({
    kind: 'client-certificate',
    id: identity.id,
    issuer: 'client-certificates',
    tenant: entry.tenant,
    scopes: new Set(entry.scopes),
    plan: entry.plan,
    credentialId: identity.serial,
    binding: 'certificate',
    expiresAt: identity.notAfter,
  });
}
