// A transfer, its key and both balances are one serialisable transaction: all of it is there, or nothing, also after a crash.
// A refusal is remembered under its key too: the same request gets the first answer again.
import { Injectable } from '@nestjs/common';
import type { Principal } from '@gatehouse/authn';
import { enterTenant, inTenant } from '@gatehouse/authz';
import { Database, serializable } from '@gatehouse/database';
import type { Kysely, Transaction } from 'kysely';
import { type Refusal, refused } from '../ledger/ledger.problems.ts';
import { ownAccounts, readable } from '../ledger/ledger.policies.ts';
import type { LedgerTables } from '../ledger/ledger.tables.ts';
import { cut, readCursor } from '../ledger/page.ts';
import { fingerprint } from './idempotency.key.ts';
import { move, TRANSFER_COLUMNS, type CallersKey, type TransferRow } from './transfer.statement.ts';
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
  async create(
    caller: Principal,
    text: string,
    request: NewTransfer,
    event: string,
  ): Promise<{ transfer: Transfer; replayed: boolean }> {
    const key: CallersKey = { ...ownAccounts(caller), text, print: fingerprint(request), event };
    const outcome = await serializable(this.db, async (tx): Promise<Outcome> => {
      await enterTenant(tx, caller.tenant);
      return (await firstAnswer(tx, key)) ?? { replayed: false, ...(await answer(tx, key, request)) };
    });
    if ('refusal' in outcome) throw refused(outcome.refusal);
    return outcome;
  }

  /** Newest first: those that an account of the caller's sent or received. */
  async list(caller: Principal, { limit, cursor, account }: TransfersQuery) {
    const { tenant, owner } = readable(caller);
    const rows = await inTenant(this.db, tenant, (tx) => {
      const seen = tx.selectFrom('accounts').select('id').where('tenant', '=', tenant);
      const accounts = owner === undefined ? seen : seen.where('owner', '=', owner);
      let rows = tx
        .selectFrom('transfers')
        .select(TRANSFER_COLUMNS)
        .where('tenant', '=', tenant)
        .orderBy('seq', 'desc')
        .limit(limit + 1);
      if (owner)
        rows = rows.where((is) => is.or([is('from_account', 'in', accounts), is('to_account', 'in', accounts)]));
      if (account) rows = rows.where((is) => is.or([is('from_account', '=', account), is('to_account', '=', account)]));
      if (cursor !== undefined) rows = rows.where('seq', '<', readCursor(cursor));
      return rows.execute();
    });
    return cut(rows, limit, view);
  }
}

async function firstAnswer(tx: Transaction<LedgerTables>, key: CallersKey): Promise<Outcome | undefined> {
  const known = await tx
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'transfer_id', 'refusal'])
    .where('tenant', '=', key.tenant)
    .where('owner', '=', key.owner)
    .where('key', '=', key.text)
    .executeTakeFirst();
  if (!known) return undefined;
  if (!known.fingerprint.equals(key.print)) throw refused('idempotency-key-reused');
  if (known.refusal) return { replayed: true, refusal: known.refusal as Refusal };
  const made = tx.selectFrom('transfers').select(TRANSFER_COLUMNS).where('id', '=', known.transfer_id);
  return { replayed: true, transfer: view(await made.executeTakeFirstOrThrow()) };
}

async function answer(tx: Transaction<LedgerTables>, key: CallersKey, request: NewTransfer) {
  const accounts = await tx
    .selectFrom('accounts')
    .select(['id', 'currency', 'balance', 'overdraft_limit'])
    // By primary key: what a serialisable transaction looks through, it conflicts about.
    .where('id', 'in', [request.from, request.to])
    // Paid from one's own account, to any of the tenant: another's, as one to pay from, is as unknown as one that does not exist.
    .where((is) => is.or([is('owner', '=', key.owner), is('id', '=', request.to)]))
    .execute();
  const refusal = refusalOf(request, accounts);
  if (!refusal) return { transfer: view(await move(tx, key, request)) };
  await tx
    .insertInto('idempotency_keys')
    .values({ tenant: key.tenant, owner: key.owner, key: key.text, fingerprint: key.print, refusal })
    .execute();
  return { refusal };
}

function view({ seq: _, createdAt, ...row }: TransferRow): Transfer {
  return { ...row, createdAt: createdAt.toISOString() };
}
