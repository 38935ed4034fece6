import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '@gatehouse/database';
import { ProblemError } from '@gatehouse/problem-details';
import { sql, type Kysely } from 'kysely';
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

  async create({ holder, overdraftLimit, currency }: NewAccount): Promise<Account> {
    const id = randomUUID(); // made here: the holder is encrypted for this row
    const row = { id, ...(await this.holders.seal(id, holder)), currency, overdraft_limit: overdraftLimit };
    return this.view(await this.db.insertInto('accounts').values(row).returning(COLUMNS).executeTakeFirstOrThrow());
  }

  async list({ limit, cursor, holder }: AccountsQuery) {
    let rows = this.db
      .selectFrom('accounts')
      .select(COLUMNS)
      .orderBy('seq')
      .limit(limit + 1);
    if (holder !== undefined) rows = rows.where('holder_index', 'in', this.holders.indexes(holder));
    if (cursor !== undefined) rows = rows.where('seq', '>', readCursor(cursor));
    const { items, next } = cut(await rows.execute(), limit, (row) => this.view(row));
    return { items: await Promise.all(items), next };
  }

  /** @throws ProblemError `not-found` */
  async find(id: string): Promise<Account> {
    const row = await this.db.selectFrom('accounts').select(COLUMNS).where('id', '=', id).executeTakeFirst();
    if (!row) throw new ProblemError('not-found', { detail: 'There is no such account.' });
    return this.view(row);
  }

  /** @throws ProblemError `not-found`, `precondition-failed` (somebody else wrote first), `conflict` (the debt is larger) */
  async change(id: string, version: number, { holder, overdraftLimit }: AccountChange): Promise<Account> {
    const sealed = holder === undefined ? {} : await this.holders.seal(id, holder);
    const set = { ...sealed, overdraft_limit: overdraftLimit, version: version + 1 };
    const at = this.db.updateTable('accounts').set(set).where('id', '=', id).where('version', '=', version);
    const allowed = overdraftLimit === undefined ? at : at.where(sql<boolean>`balance >= ${-overdraftLimit}`);
    const row = await allowed.returning(COLUMNS).executeTakeFirst();
    return row ? this.view(row) : this.missed(id, version);
  }

  private async missed(id: string, version: number): Promise<never> {
    const found = await this.find(id);
    if (found.version !== version) throw new ProblemError('precondition-failed');
    throw new ProblemError('conflict', { detail: 'The account is overdrawn by more than the new limit.' });
  }

  private async view({ seq: _, createdAt, holder, ...row }: Row): Promise<Account> {
    return { ...row, holder: await this.holders.open(row.id, holder), createdAt: createdAt.toISOString() };
  }
}

type Row = { seq: number; createdAt: Date } & Omit<Account, 'createdAt'>;
