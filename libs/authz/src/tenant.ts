// The second wall between tenants: PostgreSQL itself shows a transaction only the rows of the tenant that it was begun for, whatever its
// statements say. FORCE, because the role that owns a table would otherwise pass (CWE-639, ASVS 5.0 V8.4.1).
import { type Kysely, sql, type Transaction } from 'kysely';
import { EVERY, SETTING } from './tenant.table.ts';

/**
 * Says for which tenant the rest of a transaction runs; it ends with it. The first statement of a transaction: SET takes no snapshot, so that
 * a serialisable one sees the database as it is when its work begins.
 */
export async function enterTenant<Tables>(tx: Transaction<Tables>, tenant: string): Promise<void> {
  if (tenant === '') throw new Error('a tenant has a name');
  if (tenant.includes('\0')) throw new Error('a tenant is a text that PostgreSQL can hold');
  await sql`set local ${sql.raw(SETTING)} = ${sql.lit(tenant)}`.execute(tx);
}

/**
 * A transaction that sees one tenant's rows.
 * @example await inTenant(db, caller.tenant, (tx) => tx.selectFrom('accounts')…)
 */
export function inTenant<Tables, Result>(
  db: Kysely<Tables>,
  tenant: string,
  work: (tx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  return db.transaction().execute(async (tx) => {
    await enterTenant(tx, tenant);
    return work(tx);
  });
}

/**
 * A transaction that sees every tenant's rows: for upkeep that no caller asked for, such as a sweep. Never with anything that a caller sent.
 */
export function inEveryTenant<Tables, Result>(
  db: Kysely<Tables>,
  work: (tx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  return db.transaction().execute(async (tx) => {
    await sql`set local ${sql.raw(EVERY)} = 'on'`.execute(tx);
    return work(tx);
  });
}
