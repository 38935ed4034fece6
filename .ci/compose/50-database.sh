# The database: TLS and SCRAM alone, one role to one database.
sql() { # sql CONNECTION STATEMENT: as a user that the vault made for api, over the network
  PGPASSWORD=$word docker run --rm --network gatehouse-ci_database -v gatehouse-ci_keys:/keys:ro -e PGPASSWORD --entrypoint psql \
    gatehouse-ci-postgres -qXAt "$1" -c "$2" 2>&1 || true
}
base="host=postgres user=$name sslrootcert=/keys/ca.pem"
[[ $(sql "$base dbname=api sslmode=verify-full" 'select current_user') == api ]] || fail "the vault's user does not act as api"
[[ $(sql "$base dbname=api sslmode=verify-full" 'select bool_or(rolsuper or rolcreatedb or rolcreaterole) from pg_roles where rolname in (current_user, session_user)') == f ]] ||
  fail 'the role api may do more than it has to'
sql "$base dbname=api sslmode=disable" 'select 1' | grep -q 'pg_hba.conf rejects' || fail 'a connection in clear is not rejected'
for other in postgres vault; do
  sql "$base dbname=$other sslmode=verify-full" 'select 1' | grep -q 'no pg_hba.conf entry' || fail "api reaches the database $other"
done
for role in postgres api; do
  sql "host=postgres user=$role dbname=$role sslmode=require" 'select 1' | grep -qE 'pg_hba.conf rejects|authentication failed|not permitted' ||
    fail "$role is let in over the network"
done
docker compose exec -T postgres psql -qXAt -c 'select rolpassword from pg_authid where rolname = $$vault$$' | grep -q '^SCRAM-SHA-256' ||
  fail 'the password is not stored for SCRAM'
