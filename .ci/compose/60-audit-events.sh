# The audit events: in a table that can only grow.
audit_table() { docker compose exec -T postgres psql -qXAt -d audit -c "$1"; }
count="select count(*) from audit_events where event->'api'->>'operation' = 'account.create'"
for ((tries = 0; tries < 30; tries++)); do
  [[ $(audit_table "$count") -lt 2 ]] || break # intent and outcome
  sleep 1
done
[[ $(audit_table "$count") == 2 ]] || fail "$(audit_table "$count") events of the account are in the database, not 2"
read -r name word < <(as "$api_user" "$login name=service-api && bao read -format=json database/creds/audit" |
  tr -d ' ",' | awk -F: '$1 == "username" { name = $2 } $1 == "password" { word = $2 } END { print name, word }')
events="host=postgres user=$name sslrootcert=/keys/ca.pem dbname=audit sslmode=verify-full"
for statement in 'select from audit_events' 'update audit_events set event = null' 'delete from audit_events' 'truncate audit_events' 'drop table audit_events'; do
  sql "$events" "$statement" | grep -qE 'permission denied|must be owner' || fail "who ships events may: $statement"
done
sql "$events" "insert into audit_events (replica, sequence, event) values ('ci', 0, '{}')" | grep -q . && fail 'who ships events may not insert'
for statement in 'update audit_events set event = null' 'delete from audit_events'; do
  ! audit_table "$statement" 2>/dev/null || fail "even the superuser may, without taking the trigger away: $statement"
done
docker compose exec -T api ls /audit/api >/dev/null || fail 'api cannot read its own journal'
