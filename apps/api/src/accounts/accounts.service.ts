import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Principal } from '@gatehouse/authn';
import { inTenant, type Reach } from '@gatehouse/authz';
import { Database } from '@gatehouse/database';
import { ProblemError } from '@gatehouse/problem-details';
import { sql, type Kysely, type Transaction } from 'kysely';
import { AUDITOR_SCOPE, ownAccounts, readable } from '../ledger/ledger.policies.ts';
import type { LedgerTables } from '../ledger/ledger.tables.ts';
import { cut, readCursor } from '../ledger/page.ts';
import { HolderCipher } from './holder.cipher.ts';
import type { Account, AccountChange, AccountsQuery, NewAccount } from './accounts.schemas.ts';

const COLUMNS = [
  'id',
  'seq',
  'holder',
  'currency',
  'balance',
  'overdraft_limit as overdraftLimit',
  'version',
  'created_at as createdAt',
  'owner',
] as const;

@Injectable()
export class AccountsService {
  private readonly db: Kysely<LedgerTables>;

  constructor(
    database: Database,
    private readonly holders: HolderCipher,
  ) {
    this.db = database.as<LedgerTables>();
  }

  async create(caller: Principal, { holder, overdraftLimit, currency }: NewAccount): Promise<Account> {
    const id = randomUUID(); // made here: the holder is encrypted for this row
    const sealed = await this.holders.seal(id, holder);
    const row = { id, ...ownAccounts(caller), ...sealed, currency, overdraft_limit: overdraftLimit };
    const made = await inTenant(this.db, caller.tenant, (tx) =>
      tx.insertInto('accounts').values(row).returning(COLUMNS).executeTakeFirstOrThrow(),
    );
    return this.view(made, caller);
  }

  async list(caller: Principal, { limit, cursor, holder }: AccountsQuery) {
    const found = await inTenant(this.db, caller.tenant, (tx) => {
      let rows = within(tx, readable(caller))
        .orderBy('seq')
        .limit(limit + 1);
      if (holder !== undefined) rows = rows.where('holder_index', 'in', this.holders.indexes(holder));
      if (cursor !== undefined) rows = rows.where('seq', '>', readCursor(cursor));
      return rows.execute();
    });
    const { items, next } = cut(found, limit, (row) => this.view(row, caller));
    return { items: await Promise.all(items), next };
  }

  /** @throws ProblemError `not-found`, also for an account that the caller may not read */
  async find(caller: Principal, id: string): Promise<Account> {
    const row = await inTenant(this.db, caller.tenant, (tx) => findIn(tx, readable(caller), id));
    return this.view(row, caller);
  }

  /** @throws ProblemError `not-found`, `precondition-failed` (somebody else wrote first), `conflict` (the debt is larger) */
  async change(
    caller: Principal,
    id: string,
    version: number,
    { holder, overdraftLimit }: AccountChange,
  ): Promise<Account> {
    const reach = ownAccounts(caller);
    const sealed = holder === undefined ? {} : await this.holders.seal(id, holder);
    const row = await inTenant(this.db, caller.tenant, async (tx) => {
      const at = tx
        .updateTable('accounts')
        .set({ ...sealed, overdraft_limit: overdraftLimit, version: version + 1 })
        .where('id', '=', id)
        .where('tenant', '=', reach.tenant)
        .where('owner', '=', reach.owner)
        .where('version', '=', version);
      const allowed = overdraftLimit === undefined ? at : at.where(sql<boolean>`balance >= ${-overdraftLimit}`);
      return (await allowed.returning(COLUMNS).executeTakeFirst()) ?? missed(await findIn(tx, reach, id), version);
    });
    return this.view(row, caller);
  }

  /** Whose account it is, only an auditor learns: for others it is their own. */
  private async view({ seq: _, createdAt, holder, owner, ...row }: Row, caller: Principal): Promise<Account> {
    const shown = caller.scopes.has(AUDITOR_SCOPE) ? { owner } : {};
    return { ...row, ...shown, holder: await this.holders.open(row.id, holder), createdAt: createdAt.toISOString() };
  }
}

type Row = { seq: number; owner: string; createdAt: Date } & Omit<Account, 'createdAt' | 'owner'>;

function within(tx: Transaction<LedgerTables>, { tenant, owner }: Reach) {
  const all = tx.selectFrom('accounts').select(COLUMNS).where('tenant', '=', tenant);
  return owner === undefined ? all : all.where('owner', '=', owner);
}

async function findIn(tx: Transaction<LedgerTables>, reach: Reach, id: string): Promise<Row> {
  const row = await within(tx, reach).where('id', '=', id).executeTakeFirst();
  if (!row) throw new ProblemError('not-found', { detail: 'There is no such account.' });
  return row;
}

function missed(found: Row, version: number): never {
  if (found.version !== version) throw new ProblemError('precondition-failed');
  throw new ProblemError('conflict', { detail: 'The account is overdrawn by more than the new limit.' });
}
