// A transfer, its key and both balances are one serialisable transaction: all of it is there, or nothing, also after a crash.
// A refusal is remembered under its key too: the same request gets the first answer again.
import { Injectable } from '@nestjs/common';
import { Database, serializable } from '@gatehouse/database';
import type { Kysely, Transaction } from 'kysely';
import { type Refusal, refused } from '../ledger/ledger.problems.ts';
import type { LedgerTables } from '../ledger/ledger.tables.ts';
import { cut, readCursor } from '../ledger/page.ts';
import { fingerprint } from './idempotency.key.ts';
import { move, type Origin, TRANSFER_COLUMNS, type TransferRow } from './transfer.statement.ts';
import { refusalOf } from './transfer.rules.ts';
import type { NewTransfer, Transfer, TransfersQuery } from './transfers.schemas.ts';

type Outcome = { replayed: boolean } & ({ transfer: Transfer } | { refusal: Refusal });

@Injectable()
export class TransfersService {
  private readonly db: Kysely<LedgerTables>;

  constructor(database: Database) {
    this.db = database.as<LedgerTables>();
  }

  /**
   * @param event id of the audit event: stored with the transfer, in its transaction
   * @throws ProblemError with a {@link Refusal}, or `idempotency-key-reused`
   */
  async create(key: string, request: NewTransfer, event: string): Promise<{ transfer: Transfer; replayed: boolean }> {
    const print = fingerprint(request);
    const outcome = await serializable(this.db, async (tx): Promise<Outcome> => {
      return (
        (await firstAnswer(tx, key, print)) ?? {
          replayed: false,
          ...(await answer(tx, { key, print, event }, request)),
        }
      );
    });
    if ('refusal' in outcome) throw refused(outcome.refusal);
    return outcome;
  }

  /** Newest first. */
  async list({ limit, cursor, account }: TransfersQuery) {
    let rows = this.db
      .selectFrom('transfers')
      .select(TRANSFER_COLUMNS)
      .orderBy('seq', 'desc')
      .limit(limit + 1);
    if (account) rows = rows.where((is) => is.or([is('from_account', '=', account), is('to_account', '=', account)]));
    if (cursor !== undefined) rows = rows.where('seq', '<', readCursor(cursor));
    return cut(await rows.execute(), limit, view);
  }
}

async function firstAnswer(tx: Transaction<LedgerTables>, key: string, print: Buffer): Promise<Outcome | undefined> {
  const known = await tx
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'transfer_id', 'refusal'])
    .where('key', '=', key)
    .executeTakeFirst();
  if (!known) return undefined;
  if (!known.fingerprint.equals(print)) throw refused('idempotency-key-reused');
  if (known.refusal) return { replayed: true, refusal: known.refusal as Refusal };
  const made = tx.selectFrom('transfers').select(TRANSFER_COLUMNS).where('id', '=', known.transfer_id);
  return { replayed: true, transfer: view(await made.executeTakeFirstOrThrow()) };
}

async function answer(tx: Transaction<LedgerTables>, origin: Origin, request: NewTransfer) {
  const accounts = await tx
    .selectFrom('accounts')
    .select(['id', 'currency', 'balance', 'overdraft_limit'])
    .where('id', 'in', [request.from, request.to])
    .execute();
  const refusal = refusalOf(request, accounts);
  if (!refusal) return { transfer: view(await move(tx, origin, request)) };
  const { key, print } = origin;
  await tx.insertInto('idempotency_keys').values({ key, fingerprint: print, refusal }).execute();
  return { refusal };
}

function view({ seq: _, createdAt, ...row }: TransferRow): Transfer {
  return { ...row, createdAt: createdAt.toISOString() };
}
