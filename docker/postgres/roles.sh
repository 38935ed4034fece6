#!/usr/bin/env bash
# Gives every service of services.list a database and the role that owns it, over the server's socket as the server's own user. Nobody
# logs in as that role: the vault makes short-lived users that act as it. `vault` makes them, and owns nothing. Idempotent; a password
# that changed in its file is set anew.
set -euo pipefail
export PGHOST=/var/run/postgresql PGUSER=postgres PGDATABASE=postgres
run() { psql -qX -v ON_ERROR_STOP=1 "$@"; }

# The password travels as a variable that psql reads from the file: it is in no argument and no log.
run <<'SQL'
\set password `cat /keys/postgres/vault-password`
select 'create role vault' where not exists (select from pg_roles where rolname = 'vault') \gexec
alter role vault with login nosuperuser nocreatedb createrole noreplication nobypassrls connection limit 10 password :'password';
grant pg_signal_backend to vault;
select 'create database vault' where not exists (select from pg_database where datname = 'vault') \gexec
revoke all on database vault from public;
grant connect on database vault to vault;
SQL

while read -r service _user role; do
  [[ $role != - ]] || continue
  run -v role="$role" <<'SQL'
select format('create role %I', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" with nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls password null;
grant :"role" to vault with admin true, inherit false, set false;
select format('create database %I owner %I', :'role', :'role')
  where not exists (select from pg_database where datname = :'role') \gexec
revoke all on database :"role" from public;
SQL
  echo "postgres-roles: $role owns the database $role, and nothing else; nobody logs in as it"
done < <(grep -v '^#' /etc/gatehouse/services.list)
# What the services wrote down, once more: a table that can only grow, in a database of its own that none of them owns.
run <<'SQL'
select 'create role audit' where not exists (select from pg_roles where rolname = 'audit') \gexec
alter role audit with nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls password null;
grant audit to vault with admin true, inherit false, set false;
select 'create database audit' where not exists (select from pg_database where datname = 'audit') \gexec
revoke all on database audit from public;
grant connect on database audit to audit;
SQL
run -d audit -f /etc/gatehouse/audit.sql
echo 'postgres-roles: audit may insert into audit_events, and nothing else; nobody logs in as it'

run -c 'revoke all on database postgres, template1 from public'
