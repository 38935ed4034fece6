// The tables, in the order in which they came. One that has run anywhere is never changed: add the next. The constraints are the
// second wall: what the code refuses first, the database refuses too.
import { tenantTableStatements } from '@gatehouse/authz/tables';
import type { Secrets } from '@gatehouse/secrets';
import type { Kysely } from 'kysely';
import type { apiSecrets } from '../api.secrets.ts';

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

/** By name; each runs once. */
export const ledgerMigrations = {
  '0001-create-ledger': CREATE_LEDGER.join(';'),
  '0002-encrypt-holders': {
    async up(db: Kysely<unknown>, secrets: Secrets<typeof apiSecrets>): Promise<void> {
      const { encryptHolders } = await import('./holders.migration.ts'); // the descriptor is read before anything is loaded
      await encryptHolders(db, secrets);
    },
  },
  '0003-refer-to-the-audit-event': 'alter table transfers add column audit_event uuid',
  '0004-owners-and-tenants': OWNERS_AND_TENANTS.join(';'),
};
