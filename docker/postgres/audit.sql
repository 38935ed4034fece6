-- Made from auditTable of libs/audit: UPDATE_DOCS=1 npx nx run @gatehouse/audit:test
create table if not exists audit_events (
      replica text not null,
      sequence bigint not null,
      event jsonb not null,
      received_at timestamptz not null default now(),
      primary key (replica, sequence)
    );
create table if not exists audit_checkpoints (
      origin text not null,
      size bigint not null,
      checkpoint text not null,
      key text not null,
      received_at timestamptz not null default now(),
      primary key (origin, size, checkpoint)
    );
create or replace function audit_events_only_grow() returns trigger language plpgsql as
      $$ begin raise exception '% can only grow', tg_table_name using errcode = 'insufficient_privilege'; end $$;
create or replace trigger audit_events_no_change before update or delete or truncate on audit_events
      for each statement execute function audit_events_only_grow();
revoke all on audit_events from public, "audit";
grant insert on audit_events to "audit";
create or replace trigger audit_checkpoints_no_change before update or delete or truncate on audit_checkpoints
      for each statement execute function audit_events_only_grow();
revoke all on audit_checkpoints from public, "audit";
grant insert on audit_checkpoints to "audit";
