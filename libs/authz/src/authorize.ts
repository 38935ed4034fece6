// Whether a proven caller may call a route at all. Which objects they may see is the question of the resource's policy, in its query.
import { insufficientScope, type Principal, refusedCredential } from '@gatehouse/authn';
import type { Access } from './access.ts';

/**
 * @throws ProblemError 403 `forbidden` without a scope; 401 for a credential that anybody could use on a route that asks for a bound one
 */
export function authorize(access: Extract<Access, { kind: 'scopes' }>, principal: Principal): void {
  for (const scope of access.scopes) if (!principal.scopes.has(scope)) throw insufficientScope(access.scopes);
  if (access.senderConstrained && principal.binding === undefined)
    throw refusedCredential(new Error('the route asks for a credential that is bound to its holder'), 'dpop');
}
