// The rows as they are stored. Amounts are integers in minor units (cents), never fractions.
import type { Generated } from 'kysely';

/** Every table of the ledger. */
export interface LedgerTables {
  accounts: {
    id: Generated<string>;
    /** Order of creation: what pages are cut by. */
    seq: Generated<number>;
    tenant: string;
    /** Who may see it, as principalKey() of @gatehouse/authn. */
    owner: string;
    /** Ciphertext: see HolderCipher. */
    holder: string;
    holder_index: string;
    currency: string;
    balance: Generated<number>;
    overdraft_limit: number;
    /** Grows with each change: the ETag. */
    version: Generated<number>;
    created_at: Generated<Date>;
  };
  transfers: {
    id: Generated<string>;
    seq: Generated<number>;
    tenant: string;
    from_account: string;
    to_account: string;
    amount: number;
    currency: string;
    reference: string | null;
    /** Id of the event in the audit journal; null for what was made before there was one. */
    audit_event: string | null;
    created_at: Generated<Date>;
  };
  idempotency_keys: {
    tenant: string;
    /** Whose key it is: another caller's with the same text is another key. */
    owner: string;
    key: string;
    /** SHA-256 of the request that came with the key first. */
    fingerprint: Buffer;
    /** What was done; null when the first answer was a refusal. */
    transfer_id: string | null;
    /** Why it was refused, as a code of the catalogue. */
    refusal: string | null;
    created_at: Generated<Date>;
  };
}
