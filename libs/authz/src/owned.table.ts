// Rows with owners in PostgreSQL. Two walls: the policy stands in the where of each query, and each runs in a transaction of the caller's
// tenant, to which the server itself shows nothing else (tenantTableStatements). To be extended: `db` and `within` are there for queries of
// the resource's own.
import type { Principal } from '@gatehouse/authn';
import { cutPage, type PageQuery, stale } from '@gatehouse/validation';
import type { Expression, ExpressionBuilder, Kysely, SqlBool, Transaction } from 'kysely';
import { absent, type Owned, type OwnedRows, type OwnedRowsPolicy } from './owned.rows.ts';
import type { Reach } from './policy.ts';
import { inTenant } from './tenant.ts';

/** Any table with the columns id, tenant, owner, version, created_at and its own. */
type Tables = Record<string, Record<string, unknown>>;

/** Where the rows are. */
export interface OwnedTableOptions<Values> extends OwnedRowsPolicy {
  readonly table: string;
  /** Its own columns, which are the fields of what goes in and out. */
  readonly columns: readonly (keyof Values & string)[];
}

/**
 * A policy as a condition of a query.
 * @example tx.selectFrom('invoices').selectAll().where(within(readableInvoices(caller)))
 */
export const within =
  ({ tenant, owner }: Reach) =>
  <DB, TB extends keyof DB>(eb: ExpressionBuilder<DB, TB>): Expression<SqlBool> =>
    eb.and({ tenant, ...(owner !== undefined && { owner }) } as never);

export class OwnedTable<Values extends object> implements OwnedRows<Values> {
  protected readonly db: Kysely<Tables>;
  private readonly shown: string[];

  constructor(
    db: Kysely<unknown>,
    protected readonly options: OwnedTableOptions<Values>,
  ) {
    this.db = db as Kysely<Tables>;
    this.shown = [...options.columns, 'id', 'version', 'created_at as createdAt'];
  }

  create(caller: Principal, values: Values): Promise<Owned<Values>> {
    const row = { ...values, ...this.options.writes(caller) };
    return inTenant(this.db, caller.tenant, async (tx) =>
      view<Values>(await tx.insertInto(this.options.table).values(row).returning(this.shown).executeTakeFirstOrThrow()),
    );
  }

  list(caller: Principal, { limit, cursor }: PageQuery): Promise<{ items: Owned<Values>[]; next: string | null }> {
    return inTenant(this.db, caller.tenant, async (tx) => {
      const rows = this.readable(tx, caller)
        .orderBy('id')
        .limit(limit + 1);
      const page = await (cursor ? rows.where('id', '>', cursor) : rows).execute();
      return cutPage(page.map(view<Values>), limit);
    });
  }

  find(caller: Principal, id: string): Promise<Owned<Values>> {
    return inTenant(this.db, caller.tenant, (tx) => this.findIn(tx, caller, id));
  }

  replace(caller: Principal, id: string, version: number, values: Values): Promise<Owned<Values>> {
    return inTenant(this.db, caller.tenant, async (tx) => {
      const row = await tx
        .updateTable(this.options.table)
        .set({ ...values, version: version + 1 })
        .where('id', '=', id)
        .where('version', '=', version)
        .where(within(this.options.writes(caller)))
        .returning(this.shown)
        .executeTakeFirst();
      return row ? view<Values>(row) : stale(this.findIn(tx, caller, id, this.options.writes));
    });
  }

  remove(caller: Principal, id: string, version: number): Promise<void> {
    return inTenant(this.db, caller.tenant, async (tx) => {
      const gone = await tx
        .deleteFrom(this.options.table)
        .where('id', '=', id)
        .where('version', '=', version)
        .where(within(this.options.writes(caller)))
        .returning('id')
        .executeTakeFirst();
      if (!gone) await stale(this.findIn(tx, caller, id, this.options.writes));
    });
  }

  private readable(tx: Transaction<Tables>, caller: Principal, reach = this.options.reads) {
    return tx
      .selectFrom(this.options.table)
      .select(this.shown)
      .where(within(reach(caller)));
  }

  private async findIn(tx: Transaction<Tables>, caller: Principal, id: string, reach = this.options.reads) {
    const row = await this.readable(tx, caller, reach).where('id', '=', id).executeTakeFirst();
    if (!row) throw absent(this.options.singular);
    return view<Values>(row);
  }
}

function view<Values>({ createdAt, ...row }: Record<string, unknown>): Owned<Values> {
  return { ...row, createdAt: (createdAt as Date).toISOString() } as Owned<Values>;
}
