// Object-level policies (OWASP API1:2023): plain functions beside the resource. They give what of it a caller may see as a filter, which
// goes into the query itself: what is not found and what is not theirs cannot be told apart, and nothing is fetched to be thrown away.
import { principalKey, type Principal } from '@gatehouse/authn';

/** What of a tenant's rows a caller may see. */
export type Reach = { readonly tenant: string; readonly owner?: string };

/** The caller's own rows. */
export const ownRows = (caller: Principal): Required<Reach> => ({ tenant: caller.tenant, owner: principalKey(caller) });

/** Every row of the caller's tenant: for those whose office it is. */
export const tenantRows = (caller: Principal): Reach => ({ tenant: caller.tenant });

/**
 * Own rows, or the whole tenant's with one of these scopes.
 * @example export const readableAccounts = reachOf({ readsAll: ['audit:read'] });
 */
export const reachOf =
  ({ readsAll = [] }: { readonly readsAll?: readonly string[] }) =>
  (caller: Principal): Reach =>
    readsAll.some((scope) => caller.scopes.has(scope)) ? tenantRows(caller) : ownRows(caller);
