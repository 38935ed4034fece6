// The tables, in the order in which they came. One that has run anywhere is never changed: add the next. The constraints are the
// second wall: what the code refuses first, the database refuses too.
import { tenantTableStatements } from '@gatehouse/authz';
import type { Secrets } from '@gatehouse/secrets';
import { type Kysely, sql } from 'kysely';
import { HolderCipher } from '../accounts/holder.cipher.ts';
import type { apiSecrets } from '../api.secrets.ts';
import type { LedgerTables } from './ledger.tables.ts';

/** By name; each runs once. */
export const ledgerMigrations = {
  '0001-create-ledger': { up: (db: Kysely<unknown>) => run(db, CREATE_LEDGER) },
  '0002-encrypt-holders': {
    async up(db: Kysely<unknown>, secrets: Secrets<typeof apiSecrets>): Promise<void> {
      await sql.raw(HOLDER_MAY_BE_LONG).execute(db);
      await encryptHolders(db as Kysely<LedgerTables>, new HolderCipher(secrets));
      await run(db, HOLDER_IS_ENCRYPTED);
    },
  },
  '0003-refer-to-the-audit-event': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql.raw('alter table transfers add column audit_event uuid').execute(db);
    },
  },
  '0004-owners-and-tenants': { up: (db: Kysely<unknown>) => run(db, OWNERS_AND_TENANTS) },
};

async function run(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

/** What the rows held before stays in backups, and in the files until a vacuum. */
async function encryptHolders(db: Kysely<LedgerTables>, cipher: HolderCipher): Promise<void> {
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

/** 2^53 − 1: what JSON numbers carry exactly (RFC 8259 §6). */
const MAX = Number.MAX_SAFE_INTEGER;

const CREATE_LEDGER = [
  `create table accounts (
    id uuid primary key default gen_random_uuid(),
    seq bigint generated always as identity unique,
    holder text not null check (length(holder) between 1 and 200),
    currency char(3) not null,
    balance bigint not null default 0,
    overdraft_limit bigint not null default 0 check (overdraft_limit between 0 and ${MAX}),
    version integer not null default 1,
    created_at timestamptz not null default now(),
    constraint balance_within_limits check (balance between -overdraft_limit and ${MAX})
  )`,
  `create table transfers (
    id uuid primary key default gen_random_uuid(),
    seq bigint generated always as identity unique,
    from_account uuid not null references accounts,
    to_account uuid not null references accounts,
    amount bigint not null check (amount between 1 and ${MAX}),
    currency char(3) not null,
    reference text check (length(reference) <= 140),
    created_at timestamptz not null default now(),
    check (from_account <> to_account)
  )`,
  `create index transfers_from_account on transfers (from_account, seq desc)`,
  `create index transfers_to_account on transfers (to_account, seq desc)`,
  `create table idempotency_keys (
    key text primary key check (length(key) <= 255),
    fingerprint bytea not null,
    transfer_id uuid references transfers,
    refusal text,
    created_at timestamptz not null default now(),
    check ((transfer_id is null) <> (refusal is null))
  )`,
  `create index idempotency_keys_created_at on idempotency_keys (created_at)`,
];

/** What was there before belongs to nobody who can call. A key of idempotency is its caller's: another's is no repetition. */
const OWNERS_AND_TENANTS = [
  `alter table accounts add column tenant text not null default '-', add column owner text not null default '-'`,
  `alter table accounts alter column tenant drop default, alter column owner drop default`,
  `create index accounts_owner on accounts (owner, seq)`,
  `alter table transfers add column tenant text not null default '-'`,
  `alter table transfers alter column tenant drop default`,
  `create index transfers_tenant on transfers (tenant, seq desc)`,
  `alter table idempotency_keys add column tenant text not null default '-', add column owner text not null default '-'`,
  `alter table idempotency_keys alter column tenant drop default, alter column owner drop default`,
  `alter table idempotency_keys drop constraint idempotency_keys_pkey, add primary key (tenant, owner, key)`,
  ...['accounts', 'transfers', 'idempotency_keys'].flatMap(tenantTableStatements),
];
