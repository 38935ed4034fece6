// Encrypts the holders that were there before holders were encrypted (0002-encrypt-holders).
import type { Secrets } from '@gatehouse/secrets';
import { type Kysely, sql } from 'kysely';
import { HolderCipher } from '../accounts/holder.cipher.ts';
import type { apiSecrets } from '../api.secrets.ts';
import type { LedgerTables } from './ledger.tables.ts';

/** The whole migration, in its transaction. */
export async function encryptHolders(db: Kysely<unknown>, secrets: Secrets<typeof apiSecrets>): Promise<void> {
  await sql.raw(HOLDER_MAY_BE_LONG).execute(db);
  await encryptRows(db as Kysely<LedgerTables>, new HolderCipher(secrets));
  for (const statement of HOLDER_IS_ENCRYPTED) await sql.raw(statement).execute(db);
}

/** What the rows held before stays in backups, and in the files until a vacuum. */
async function encryptRows(db: Kysely<LedgerTables>, cipher: HolderCipher): Promise<void> {
  for (let seq = 0; ;) {
    const page = db.selectFrom('accounts').select(['id', 'seq', 'holder']).where('seq', '>', seq).orderBy('seq');
    const rows = await page.limit(1_000).execute();
    for (const { id, holder } of rows) {
      await db
        .updateTable('accounts')
        .set(await cipher.seal(id, holder))
        .where('id', '=', id)
        .execute();
    }
    const last = rows.at(-1);
    if (!last) return;
    seq = last.seq;
  }
}

const HOLDER_MAY_BE_LONG = `alter table accounts drop constraint accounts_holder_check, add column holder_index text`;

const HOLDER_IS_ENCRYPTED = [
  `alter table accounts alter column holder_index set not null, add constraint holder_is_encrypted check (holder like 'g1.%')`,
  `create index accounts_holder_index on accounts (holder_index, seq)`,
];
