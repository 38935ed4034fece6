// Both balances, the transfer and its key in one statement: one round trip while the rows are locked.
import { sql, type Transaction } from 'kysely';
import type { LedgerTables } from '../ledger/ledger.tables.ts';
import type { NewTransfer } from './transfers.schemas.ts';

/** A transfer as it is read. */
export const TRANSFER_COLUMNS = [
  'id',
  'seq',
  'from_account as from',
  'to_account as to',
  'amount',
  'currency',
  'reference',
  'created_at as createdAt',
] as const;

/** One row of {@link TRANSFER_COLUMNS}. */
export interface TransferRow {
  id: string;
  seq: number;
  from: string;
  to: string;
  amount: number;
  currency: string;
  reference: string | null;
  createdAt: Date;
}

/** An Idempotency-Key with whose it is and what came with it. */
export interface CallersKey {
  readonly tenant: string;
  readonly owner: string;
  readonly text: string;
  readonly print: Buffer;
  /** Id of the audit event. */
  readonly event: string;
}

/** Makes a transfer that was found allowed in the same transaction. */
export function move(
  tx: Transaction<LedgerTables>,
  { tenant, owner, text, print, event }: CallersKey,
  { from, to, amount, currency, reference }: NewTransfer,
): Promise<TransferRow> {
  return tx
    .with('moved', (db) =>
      db
        .updateTable('accounts')
        .set({
          balance: sql`balance + case when id = ${from}::uuid then -${amount}::bigint else ${amount}::bigint end`,
          version: sql`version + 1`,
        })
        .where('tenant', '=', tenant)
        .where('id', 'in', [from, to]),
    )
    .with('made', (db) =>
      db
        .insertInto('transfers')
        .values({
          tenant,
          from_account: from,
          to_account: to,
          amount,
          currency,
          reference: reference ?? null,
          audit_event: event,
        })
        .returning(TRANSFER_COLUMNS),
    )
    .with('remembered', (db) =>
      db
        .insertInto('idempotency_keys')
        .columns(['tenant', 'owner', 'key', 'fingerprint', 'transfer_id'])
        .expression((query) =>
          query
            .selectFrom('made')
            .select([
              sql.val(tenant).as('tenant'),
              sql.val(owner).as('owner'),
              sql.val(text).as('key'),
              sql.val(print).as('fingerprint'),
              'id',
            ]),
        ),
    )
    .selectFrom('made')
    .selectAll()
    .executeTakeFirstOrThrow();
}
