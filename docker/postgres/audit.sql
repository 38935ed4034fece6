-- Made from auditTable of libs/audit: UPDATE_DOCS=1 npx nx run @gatehouse/audit:test
create table if not exists audit_events (
      replica text not null,
      sequence bigint not null,
      event jsonb not null,
      received_at timestamptz not null default now(),
      primary key (replica, sequence)
    );
create or replace function audit_events_only_grow() returns trigger language plpgsql as
      $$ begin raise exception 'audit_events can only grow' using errcode = 'insufficient_privilege'; end $$;
create or replace trigger audit_events_no_change before update or delete or truncate on audit_events
      for each statement execute function audit_events_only_grow();
revoke all on audit_events from public, "audit";
grant insert on audit_events to "audit";
