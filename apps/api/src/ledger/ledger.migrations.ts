// The tables, in the order in which they came. One that has run anywhere is never changed: add the next. The constraints are the
// second wall: what the code refuses first, the database refuses too.
import { type Kysely, sql } from 'kysely';

/** By name; each runs once. */
export const ledgerMigrations = {
  '0001-create-ledger': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of CREATE_LEDGER) await sql.raw(statement).execute(db);
    },
  },
};

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
