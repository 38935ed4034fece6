// A route group that only some callers may reach, told apart by their client certificate: for a listener that asks for certificates
// without insisting (clientCertificates.mode: optional).
import { ProblemError } from '@gatehouse/problem-details';
import { clientIdentity, type ClientIdentity, type ClientIdentityRules, type ClientSocket } from './client.identity.ts';

/** Who may pass. */
export interface ClientRule extends ClientIdentityRules {
  /**
   * SPIFFE IDs or distinguished names, whole; a SPIFFE ID that ends in `/*` stands for everything below it. At least one.
   */
  readonly allow: readonly string[];
}

/**
 * The identity of the caller of a request.
 *
 * @throws ProblemError `unauthenticated` (401) without a certificate of the private CA, `forbidden` (403) for another identity
 */
export function requireClient(request: { readonly socket: unknown }, rule: ClientRule): ClientIdentity {
  const identity = clientIdentity(request.socket as Partial<ClientSocket>, rule);
  if (!identity)
    throw new ProblemError('unauthenticated', { cause: new Error('no client certificate of the private CA') });
  if (!rule.allow.some((pattern) => matches(identity, pattern)))
    throw new ProblemError('forbidden', {
      cause: new Error(`${identity.id} is not among those that the route allows`),
    });
  return identity;
}

function matches({ kind, id }: ClientIdentity, pattern: string): boolean {
  if (kind === 'spiffe' && pattern.startsWith('spiffe://') && pattern.endsWith('/*'))
    return id.startsWith(pattern.slice(0, -1));
  return id === pattern;
}
