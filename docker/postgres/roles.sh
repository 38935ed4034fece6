#!/usr/bin/env bash
# Gives every service of services.list a role and a database of its own, over the server's socket as the server's own user. A role
# can log in and own its database, and nothing else. Idempotent; a password that changed in its file is set anew.
set -euo pipefail
export PGHOST=/var/run/postgresql PGUSER=postgres PGDATABASE=postgres

# The password travels as a variable that psql reads from the file: it is in no argument and no log.
while read -r service _user role _secrets; do
  [[ $role != - ]] || continue
  psql -qX -v ON_ERROR_STOP=1 -v role="$role" -v file="/keys/$service/database-password" <<'SQL'
\set password `cat :file`
select format('create role %I', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls connection limit 40 password :'password';
select format('create database %I owner %I', :'role', :'role')
  where not exists (select from pg_database where datname = :'role') \gexec
revoke all on database :"role" from public;
SQL
  echo "postgres-roles: $role owns the database $role, and nothing else"
done < <(grep -v '^#' /etc/gatehouse/services.list)
psql -qX -v ON_ERROR_STOP=1 -c 'revoke all on database postgres, template1 from public'
