# The signed state of the journal: kept where api can add and not change, it finds a journal that was written anew with the stolen key.
gatehouse() { node "$repo/tools/cli/bin/gatehouse.mjs" "$@"; }
journal=$work/journal
put() { # put FOLDER: into the volume, with the rights that api has
  local file
  for file in 00000001.journal checkpoint; do
    docker run --rm -i -v gatehouse-ci_audit:/audit --user "$api_user" --entrypoint sh gatehouse-ci-postgres -c "cat >/audit/api/$file" <"$1/$file"
  done
}
copy() { rm -rf "$journal"; docker compose cp api:/audit/api "$journal" >/dev/null 2>&1; }
written=$(audit_table "select max((event->'metadata'->>'sequence')::bigint) from audit_events where event->'api'->>'operation' = 'account.create'")
for ((tries = 0; tries < 40; tries++)); do # one every ten seconds
  kept=$(audit_table "select max(size) from audit_checkpoints where origin like 'gatehouse/api/%'")
  ((${kept:-0} <= written)) || break
  sleep 1
done
((${kept:-0} > written)) || fail "no checkpoint over record $written is kept, but one over ${kept:-none}"
audit_table "select checkpoint from audit_checkpoints where origin like 'gatehouse/api/%' order by size desc limit 1" >"$work/kept.checkpoint"
audit_table "select key from audit_checkpoints where origin like 'gatehouse/api/%' order by size limit 1" >"$work/kept.pub"
verify() { gatehouse audit verify "$journal" "$@" || true; } # what it found decides
kept=(--checkpoint "$work/kept.checkpoint" --key "$work/kept.pub")
copy
verify "${kept[@]}" | grep -q '^✓' || fail "the journal is not what was signed: $(verify "${kept[@]}")"
for statement in 'select from audit_checkpoints' 'update audit_checkpoints set size = 0' 'delete from audit_checkpoints' 'drop table audit_checkpoints'; do
  sql "$events" "$statement" | grep -qE 'permission denied|must be owner' || fail "who keeps checkpoints may: $statement"
done
! audit_table 'delete from audit_checkpoints' 2>/dev/null || fail 'even the superuser may remove a checkpoint, without taking the trigger away'

seed=$(as "$api_user" "$login name=service-api && bao kv get -mount=secret -field=value api/gatehouseAuditSigningKey" | tail -n 1)
docker compose stop api >/dev/null 2>&1
copy
cp -a "$journal" "$work/journal-as-it-was"
node "$repo/.ci/compose/rechain.mjs" "$journal" "$seed" '"operation":"account.create"' '"operation":"account.forget"'
put "$journal"
copy
verify --key "$work/kept.pub" | grep -q '^✓' || fail 'with the stolen key and no kept checkpoint it should look whole: what is tested is nothing'
verify "${kept[@]}" | grep -q '^✗ re-chained' || fail "a journal written anew is not found: $(verify "${kept[@]}")"
node "$repo/.ci/compose/rechain.mjs" "$journal" "$(head -c 32 /dev/urandom | base64)" '"operation":"account.forget"' '"operation":"account.other"'
verify --key "$work/kept.pub" | grep -q '^✗ re-chained' || fail 'checkpoints by another key are not found'
put "$work/journal-as-it-was"
docker compose start api >/dev/null 2>&1
for ((tries = 0; tries < 60; tries++)); do
  [[ $(call "https://localhost:$API_HTTPS_PORT/health/ready" 2>/dev/null) != '{"status":"ok"}' ]] || break
  sleep 1
done
copy
verify "${kept[@]}" | grep -q '^✓' || fail "the journal as it was is not taken up: $(verify "${kept[@]}")"
