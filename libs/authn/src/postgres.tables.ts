// The tables of keys and revocations in PostgreSQL. Made at the start where they are missing, apart from the service's own migrations,
// which are a history in an order of their own.
import { type ColumnType, type Generated, type Kysely, sql } from 'kysely';
import type { RevocationKind } from './revocation/revocations.ts';

/** The tables, for Kysely. */
export interface AuthnTables {
  authn_api_keys: {
    id: string;
    tenant: string;
    owner: string;
    owner_issuer: string;
    name: string;
    scopes: string[];
    plan: string | null;
    hash: Buffer;
    created_at: Generated<Date>;
    expires_at: Date;
    revoked_at: Date | null;
    last_used_at: Date | null;
  };
  authn_revocations: {
    kind: RevocationKind;
    issuer: string;
    value: string;
    at: Date;
    until: Date;
    created_at: ColumnType<Date, Date | undefined>;
  };
}

/** Makes what is missing; replicas that start together do it once. */
export function ensureAuthnTables(db: Kysely<AuthnTables>): Promise<void> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('gatehouse authn'))`.execute(tx);
    for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
  });
}

const KINDS = `'token', 'subject', 'api-key', 'issuer-key', 'issuer-keys'`;

const STATEMENTS: readonly string[] = [
  `create table if not exists authn_api_keys (
    id text primary key check (length(id) = 16),
    tenant text not null,
    owner text not null,
    owner_issuer text not null,
    name text not null check (length(name) between 1 and 100),
    scopes text[] not null,
    plan text,
    hash bytea not null check (length(hash) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    last_used_at timestamptz
  )`,
  `create index if not exists authn_api_keys_owner on authn_api_keys (tenant, owner, owner_issuer, created_at desc)`,
  `create table if not exists authn_revocations (
    kind text not null check (kind in (${KINDS})),
    issuer text not null,
    value text not null,
    at timestamptz not null,
    until timestamptz not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (kind, issuer, value)
  )`,
  `create index if not exists authn_revocations_created_at on authn_revocations (created_at)`,
  // a table from before there were revocations of keys
  `do $$ begin
    if not exists (select from pg_constraint where conrelid = 'authn_revocations'::regclass
        and conname = 'authn_revocations_kind_check' and pg_get_constraintdef(oid) like '%issuer-keys%') then
      alter table authn_revocations drop constraint if exists authn_revocations_kind_check,
        add constraint authn_revocations_kind_check check (kind in (${KINDS}));
    end if;
  end $$`,
];
