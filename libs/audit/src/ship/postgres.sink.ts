// Events into a table that can only grow: the role that writes may INSERT and nothing else, and a trigger refuses the rest to everybody
// who has not taken it away first.
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
 * Makes the table; to be run by its owner.
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
    `create or replace function audit_events_only_grow() returns trigger language plpgsql as
      $$ begin raise exception 'audit_events can only grow' using errcode = 'insufficient_privilege'; end $$`,
    `create or replace trigger audit_events_no_change before update or delete or truncate on audit_events
      for each statement execute function audit_events_only_grow()`,
    `revoke all on audit_events from public, ${name}`,
    `grant insert on audit_events to ${name}`,
  ];
}
