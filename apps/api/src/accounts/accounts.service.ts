import { Injectable } from '@nestjs/common';
import { Database } from '@gatehouse/database';
import { ProblemError } from '@gatehouse/problem-details';
import { sql, type Kysely } from 'kysely';
import type { LedgerTables } from '../ledger/ledger.tables.ts';
import { cut, readCursor } from '../ledger/page.ts';
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
] as const;

@Injectable()
export class AccountsService {
  private readonly db: Kysely<LedgerTables>;

  constructor(database: Database) {
    this.db = database.as<LedgerTables>();
  }

  async create({ overdraftLimit, ...account }: NewAccount): Promise<Account> {
    const row = { ...account, overdraft_limit: overdraftLimit };
    return view(await this.db.insertInto('accounts').values(row).returning(COLUMNS).executeTakeFirstOrThrow());
  }

  async list({ limit, cursor }: AccountsQuery) {
    const all = this.db
      .selectFrom('accounts')
      .select(COLUMNS)
      .orderBy('seq')
      .limit(limit + 1);
    const rows = await (cursor === undefined ? all : all.where('seq', '>', readCursor(cursor))).execute();
    return cut(rows, limit, view);
  }

  /** @throws ProblemError `not-found` */
  async find(id: string): Promise<Account> {
    const row = await this.db.selectFrom('accounts').select(COLUMNS).where('id', '=', id).executeTakeFirst();
    if (!row) throw new ProblemError('not-found', { detail: 'There is no such account.' });
    return view(row);
  }

  /** @throws ProblemError `not-found`, `precondition-failed` (somebody else wrote first), `conflict` (the debt is larger) */
  async change(id: string, version: number, { holder, overdraftLimit }: AccountChange): Promise<Account> {
    const set = { holder, overdraft_limit: overdraftLimit, version: version + 1 };
    const at = this.db.updateTable('accounts').set(set).where('id', '=', id).where('version', '=', version);
    const allowed = overdraftLimit === undefined ? at : at.where(sql<boolean>`balance >= ${-overdraftLimit}`);
    const row = await allowed.returning(COLUMNS).executeTakeFirst();
    return row ? view(row) : this.missed(id, version);
  }

  private async missed(id: string, version: number): Promise<never> {
    const found = await this.find(id);
    if (found.version !== version) throw new ProblemError('precondition-failed');
    throw new ProblemError('conflict', { detail: 'The account is overdrawn by more than the new limit.' });
  }
}

function view({ seq: _, createdAt, ...row }: { seq: number; createdAt: Date } & Omit<Account, 'createdAt'>): Account {
  return { ...row, createdAt: createdAt.toISOString() };
}
