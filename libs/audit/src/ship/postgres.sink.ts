// Events and checkpoints into tables that can only grow: the role that writes may INSERT and nothing else, and a trigger refuses the rest
// to everybody who has not taken it away first. Two checkpoints of one size are both kept: one of them is of a journal written anew.
import type { CheckpointSink } from './checkpoint.export.ts';
import type { AuditSink } from './shipper.ts';

/** What runs a statement: a pg pool or client. */
export interface Queryable {
  query(text: string, values: unknown[]): Promise<unknown>;
}

/** @param db of a role that has only what {@link auditTable} grants */
export function postgresSink(db: Queryable): AuditSink {
  return {
    name: 'postgres',
    async send(records) {
      const events = records.map(({ json }) => storable(json));
      await db.query(INSERT, [events]);
    },
  };
}

/** @param db of a role that has only what {@link auditTable} grants */
export function postgresCheckpoints(db: Queryable): CheckpointSink {
  return {
    name: 'postgres',
    async put({ note, key }) {
      const [origin, size] = note.split('\n');
      await db.query(INSERT_CHECKPOINT, [origin, size, note, key]);
    },
  };
}

const INSERT_CHECKPOINT = `insert into audit_checkpoints (origin, size, checkpoint, key) values ($1, $2, $3, $4)
  on conflict do nothing`;

/**
 * PostgreSQL has no U+0000 in its texts: a caller who put one into the id of an object would stop the shipping for ever. There it stands
 * as U+FFFD; the journal has it as it came.
 */
const storable = (json: string): string => json.replace(/(?<!\\)((?:\\\\)*)\\u0000/g, '$1\\ufffd');

/** Without a conflict target: that would need the right to read. */
const INSERT = `insert into audit_events (replica, sequence, event)
  select coalesce(event->'unmapped'->>'replica', ''), (event->'metadata'->>'sequence')::bigint, event
  from unnest($1::jsonb[]) as event
  on conflict do nothing`;

/**
 * Makes the tables; to be run by their owner.
 * @param role that the service writes with
 */
export function auditTable(role: string): string[] {
  const name = `"${role.replaceAll('"', '""')}"`;
  return [
    `create table if not exists audit_events (
      replica text not null,
      sequence bigint not null,
      event jsonb not null,
      received_at timestamptz not null default now(),
      primary key (replica, sequence)
    )`,
    `create table if not exists audit_checkpoints (
      origin text not null,
      size bigint not null,
      checkpoint text not null,
      key text not null,
      received_at timestamptz not null default now(),
      primary key (origin, size, checkpoint)
    )`,
    `create or replace function audit_events_only_grow() returns trigger language plpgsql as
      $$ begin raise exception '% can only grow', tg_table_name using errcode = 'insufficient_privilege'; end $$`,
    ...['audit_events', 'audit_checkpoints'].flatMap((table) => [
      `create or replace trigger ${table}_no_change before update or delete or truncate on ${table}
      for each statement execute function audit_events_only_grow()`,
      `revoke all on ${table} from public, ${name}`,
      `grant insert on ${table} to ${name}`,
    ]),
  ];
}
