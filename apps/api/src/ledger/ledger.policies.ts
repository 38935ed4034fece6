// Who sees what of the ledger: own accounts and their transfers; an auditor all of the tenant. Used in the queries themselves.
import { ownRows, reachOf } from '@gatehouse/authz';

/** The scope of those who read everything of their tenant. */
export const AUDITOR_SCOPE = 'audit:read';

/** Accounts that a caller may read. */
export const readable = reachOf({ readsAll: [AUDITOR_SCOPE] });

/** Accounts that a caller may change or pay from. */
export const ownAccounts = ownRows;
