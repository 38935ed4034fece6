#!/usr/bin/env bash
# The stack as a stranger brings it up, from a fresh clone: healthy, called through its CA, conforming from outside, every container
# as confined as compose.yaml says, no secret in an image, each service with its own secrets and database alone; again without and with
# its data, and a second copy beside it. Then nothing
# may be left.
set -euo pipefail
repo=$(git rev-parse --show-toplevel)
work=$(mktemp -d)
export API_HTTPS_PORT=38443 API_HTTP_PORT=38080
mkdir -p "$work/gatehouse-ci" "$work/gatehouse-ci-second"

finish() {
  local code=$? copy
  for copy in gatehouse-ci gatehouse-ci-second; do
    cd "$work/$copy" 2>/dev/null && [[ -e compose.yaml ]] || continue
    ((code == 0)) || { docker compose ps -a; docker compose logs --no-color --tail 20; }
    docker compose down -v --rmi local --timeout 10 >/dev/null 2>&1 || true
  done
  cd "$repo"
  rm -rf "$work"
}
trap finish EXIT

fail() { printf '%s\n' "$*" >&2; exit 1; }
up() { # up LABEL: brings up the copy in the current folder, and says how long it took
  local begin=$SECONDS service build=--build
  if ! docker buildx version >/dev/null 2>&1; then # one after the other: side by side, the old builder takes another's Dockerfile
    build=--no-build
    for service in $(docker compose config --services); do
      nice -n 10 docker compose build "$service" >"$work/up.log" 2>&1 || { tail -n 40 "$work/up.log"; fail "$1: no image of $service"; }
    done
  fi
  nice -n 10 docker compose up "$build" --wait >"$work/up.log" 2>&1 || { tail -n 40 "$work/up.log"; fail "$1: up failed"; }
  printf '%s: healthy after %d s\n' "$1" $((SECONDS - begin))
}
call() { curl -sS --max-time 10 --cacert "$work/ca.pem" "$@"; }
token() { docker compose run --rm -T token "$@" 2>>"$work/token.log"; }
with_token() { call -H "Authorization: Bearer $token" "$@"; }

echo '--- from a fresh clone'
git clone -q "$repo" "$work/gatehouse-ci"
cd "$work/gatehouse-ci"
up 'first up, with the builds'
docker compose logs --no-color certs | grep -q 'mkcert -install' || fail 'the certs service does not say how to trust the CA'
docker compose cp certs:/keys/ca.pem "$work/ca.pem" >/dev/null 2>&1
[[ $(call "https://localhost:$API_HTTPS_PORT/health/ready") == '{"status":"ok"}' ]]
! curl -sS --max-time 5 "https://localhost:$API_HTTPS_PORT/health/ready" 2>/dev/null || fail 'trusted without the CA'
location=$(curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' "http://localhost:$API_HTTP_PORT/health/live")
[[ $location == "308 https://localhost:$API_HTTPS_PORT/health/live" ]] || fail "the gate answers $location"
token=$(token accounts:read,accounts:write,transfers:read,transfers:write,api-keys:manage)
[[ $(call -o /dev/null -w '%{http_code}' "https://localhost:$API_HTTPS_PORT/v1/accounts") == 401 ]] || fail 'a call without a token is not refused'
id=$(with_token "https://localhost:$API_HTTPS_PORT/v1/accounts" --json '{"holder":"compose","currency":"EUR"}' | sed -E 's/.*"id":"([^"]+)".*/\1/')
[[ -n $id ]]
read_account() { with_token "https://localhost:$API_HTTPS_PORT/v1/accounts/$id"; }
read_account | grep -q '"holder":"compose"' || fail "the account is not there: $(read_account)"

echo '--- how confined each container is'
for container in $(docker compose ps -aq); do
  name=$(docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}}' "$container")
  expect() { # expect WHAT VALUE FORMAT
    local seen
    seen=$(docker inspect -f "$3" "$container")
    [[ $seen == "$2" ]] || fail "$name: $1 is $seen, not $2"
  }
  expect 'read-only root' true '{{.HostConfig.ReadonlyRootfs}}'
  expect 'dropped capabilities' '[ALL]' '{{.HostConfig.CapDrop}}'
  expect 'security options' '[no-new-privileges:true]' '{{.HostConfig.SecurityOpt}}'
  expect 'privileged' false '{{.HostConfig.Privileged}}'
  case $name in
    certs) expect 'added capabilities' '[CHOWN]' '{{.HostConfig.CapAdd}}'; expect network none '{{.HostConfig.NetworkMode}}' ;;
    *)
      [[ $name != postgres-roles ]] || expect network none '{{.HostConfig.NetworkMode}}'
      expect 'added capabilities' '[]' '{{.HostConfig.CapAdd}}'
      user=$(docker inspect -f '{{.Config.User}}' "$container")
      [[ -n $user && $user != root* && $user != 0* ]] || fail "$name runs as ${user:-root}"
      ;;
  esac
  published=$(docker inspect -f '{{range $port, $to := .HostConfig.PortBindings}}{{range $to}}{{.HostIp}} {{end}}{{end}}' "$container")
  [[ -z ${published//127.0.0.1 /} ]] || fail "$name is published on $published"
  ! docker inspect -f '{{json .Config.Env}}' "$container" | grep -iE 'PASSWORD=|SECRET=|TOKEN=' || fail "$name has a secret in its environment"
done
[[ $(docker compose port api 9443 2>/dev/null || true) =~ ^(:0)?$ ]] || fail 'the management port is published'
docker compose exec -T api sh -c 'cat /keys/api/key.pem >/dev/null' || fail 'api cannot read its own key'
docker compose exec -T api sh -c 'cat /keys/api/client.key >/dev/null' || fail 'api cannot read its own client key'
for file in /keys/postgres/{key.pem,password,vault-password} /keys/openbao/{key.pem,seal.key,services-ca.pem} /keys/openbao-roles/client.key \
  /keys/valkey/{key.pem,client.key,users.acl,roles-password} /keys/issuer/key.pem; do
  ! docker compose exec -T api cat "$file" >/dev/null 2>&1 || fail "api can read $file"
done
! docker compose exec -T api sh -c 'touch /app/x' 2>/dev/null || fail 'api can write to its own program'

echo '--- no secret in an image'
docker compose exec -T postgres cat /keys/postgres/password /keys/postgres/key.pem >"$work/secrets"
docker compose exec -T api cat /keys/api/key.pem /keys/api/client.key /keys/api/valkey-password >>"$work/secrets"
grep -v -- '-----' "$work/secrets" | grep -E '.{16}' >"$work/patterns"
for image in $(docker compose config --images | sort -u); do
  mkdir -p "$work/image"
  docker save "$image" | tar -xC "$work/image"
  ! grep -rqaF -f "$work/patterns" "$work/image" || fail "$image holds a secret of the running stack"
  ! docker history --no-trunc --format '{{.CreatedBy}}' "$image" | grep -iE '(password|secret|token)=[^ ]' || fail "$image: a secret in its history"
  container=$(docker create "$image")
  docker export "$container" | tar -t >"$work/files"
  mkdir "$work/added"
  docker export "$container" | tar -xC "$work/added" --ignore-failed-read --wildcards 'app/*' 'etc/gatehouse/*' 'make.sh' 2>/dev/null || true
  [[ -n $(ls -A "$work/added") ]] || fail "$image adds no file that is known here"
  bash "$repo/.ci/secret-scan.sh" "$work/added" || fail "$image: a secret in what it adds"
  rm -rf "$work/added"
  docker rm -v "$container" >/dev/null
  ! grep -E '(^|/)(\.git|\.env|\.npmrc|\.gatehouse)(/|$)|^app/.*\.(pem|key|ts|map)$' "$work/files" || fail "$image holds the file above"
  chmod -R u+w "$work/image" && rm -rf "$work/image" "$work/files"
done

echo '--- the vault: each service its own secrets, by its certificate'
as() { # as UID COMMAND…: in a container with a service's user, on the networks of vault and database
  local user=$1
  shift
  docker run --rm -i --network gatehouse-ci_vault -v gatehouse-ci_keys:/keys:ro --user "$user" --entrypoint sh \
    -e HOME=/tmp -e BAO_ADDR=https://openbao:8200 -e BAO_CACERT=/keys/ca.pem gatehouse-ci-openbao -c "$@" 2>&1 || true
}
api_user=$(awk '$1 == "api" { print $2 }' docker/generated/services.list)
login='bao login -method=cert -client-cert=/keys/api/client.pem -client-key=/keys/api/client.key -no-print'
as "$api_user" "$login name=service-api && bao kv get -mount=secret orders/any" | grep -q 'permission denied' || fail 'api reads secrets of another service'
as "$api_user" "$login name=openbao-roles" | grep -q 'no chain matching' || fail 'api logs in as the one that makes roles'
as "$api_user" 'bao login -method=cert -client-cert=/keys/api/cert.pem -client-key=/keys/api/key.pem -no-print' | grep -q 'incompatible key usage' ||
  fail "a server's certificate is a login"
as "$api_user" 'bao status -address=http://openbao:8200' | grep -qiE 'HTTP request to an HTTPS server|malformed' || fail 'the vault answers in clear'
docker compose exec -T openbao sh -c 'grep -q auth/cert/login /openbao/logs/audit.log' || fail 'the vault writes no audit log'
read -r name word < <(as "$api_user" "$login name=service-api && bao read -format=json database/creds/api" |
  tr -d ' ",' | awk -F: '$1 == "username" { name = $2 } $1 == "password" { word = $2 } END { print name, word }')
[[ -n ${word:-} ]] || fail 'the vault makes no user of the database for api'

echo '--- the database: TLS and SCRAM alone, one role to one database'
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

echo '--- the audit events: in a table that can only grow'
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

echo '--- the vault goes and comes back'
docker compose stop openbao >/dev/null 2>&1
read_account | grep -q '"holder":"compose"' || fail 'no answer without the vault'
docker compose start openbao >/dev/null 2>&1
up 'up with the vault started again: it unsealed itself'
docker compose restart api >/dev/null 2>&1
up 'up after a restart of api: it logged in again'
read_account | grep -q '"holder":"compose"' || fail 'the account is gone after a restart'

echo '--- Valkey: TLS with a certificate, each service its own keys'
ask() { # ask COMMAND…, one a line, as the user of api; prints an answer a line
  docker run --rm -i --network gatehouse-ci_valkey -v gatehouse-ci_keys:/keys:ro --user "$api_user" --entrypoint sh gatehouse-ci-valkey -c '
    export REDISCLI_AUTH="$(cat /keys/api/valkey-password)"
    cli() { valkey-cli --no-auth-warning -h valkey --tls --cacert /keys/ca.pem "$@" 2>&1 | tr "\n" " " | cut -c 1-100; }
    while read -r line; do
      case $line in
        plain*) valkey-cli -h valkey ping 2>&1 | head -1 ;;
        without*) cli --user api ping ;;
        nobody*) env -u REDISCLI_AUTH valkey-cli -h valkey --tls --cacert /keys/ca.pem --cert /keys/api/client.pem --key /keys/api/client.key ping 2>&1 ;;
        *) cli --cert /keys/api/client.pem --key /keys/api/client.key --user ${line%% *} ${line#* } ;;
      esac
    done' 2>&1
}
answers=$(ask <<'TEXT' | sed -E 's/^(\(error\) )?([A-Z]+).*/\2/' | xargs
api set gatehouse:api:ci 1 px 1000
api get gatehouse:api:ci
api get gatehouse:orders:ci
api set orders 1
api eval return(redis.call("get",KEYS[1])) 1 gatehouse:orders:ci
api publish gatehouse:orders:ci x
api flushall
api acl list
api config get *
default ping
valkey-roles ping
nobody
TEXT
)
[[ $answers == 'OK 1 NOPERM NOPERM NOPERM NOPERM NOPERM NOPERM NOPERM AUTH AUTH NOAUTH' ]] || fail "Valkey answers $answers"
for way in plain without; do
  ! ask <<<"$way" | grep -q PONG || fail "Valkey lets a client in: $way"
done

echo '--- Valkey: one limit for two replicas, each its share while it is gone, together again without a restart'
replica() { # replica NAME: another api beside the first, with a narrow limit by principal; prints its address
  docker compose run -d --no-deps --name "gatehouse-ci-$1" -e GATEHOUSE_RATE_LIMIT_PRINCIPAL=1/3600/10 -e GATEHOUSE_RATE_LIMIT_REPLICAS=2 \
    -e GATEHOUSE_AUDIT_FOLDER=/tmp/audit api >/dev/null 2>&1
}
replica one & replica two & wait
policy() { # policy REPLICA: where it says that its limits are
  docker exec -e NODE_EXTRA_CA_CERTS=/keys/ca.pem "gatehouse-ci-$1" node -e "fetch('https://localhost:9443/policy').then((answer) =>
    answer.json()).then(({ rateLimit }) => process.stdout.write(rateLimit.store), () => process.stdout.write('nothing'))"
}
until_in() { # until_in STORE: both replicas say so
  local name end=$((SECONDS + 60))
  for name in one two; do
    until [[ $(policy "$name") == "$1" ]]; do
      ((SECONDS < end)) || fail "the limits of replica $name are in $(policy "$name"), not in $1"
      sleep 0.3
    done
  done
}
passed() { # passed WHO REPLICA: how many of 12 requests
  local token address
  token=$(token accounts:read --as "$1")
  address=$(docker inspect -f '{{(index .NetworkSettings.Networks "gatehouse-ci_services").IPAddress}}' "gatehouse-ci-$2")
  for _ in {1..12}; do
    call -H "Authorization: Bearer $token" -o /dev/null -w '%{http_code}\n' --connect-to "localhost:8443:$address:8443" https://localhost:8443/v1/accounts
  done | grep -c 200 || true
}
until_in valkey
[[ $(passed mia one) == 10 && $(passed mia two) == 0 ]] || fail 'two replicas let more than one limit pass'
docker compose kill valkey >/dev/null 2>&1
until_in share
[[ $(passed noa one) == 5 && $(passed noa two) == 5 ]] || fail 'without Valkey a replica lets something else than its share pass'
[[ $(call -o /dev/null -w '%{http_code}' "https://localhost:$API_HTTPS_PORT/health/ready") == 200 ]] || fail 'no traffic without Valkey'
docker compose start valkey >/dev/null 2>&1
until_in valkey
[[ $(passed tom two) == 10 && $(passed tom one) == 0 ]] || fail 'two replicas let more than one limit pass after Valkey came back'
docker rm -fv gatehouse-ci-one gatehouse-ci-two >/dev/null

echo '--- a certificate that the vault signs, renewed while it is served'
variant=(-f compose.yaml -f docker/compose.vault-pki.yaml)
VAULT_PKI_TTL=60s docker compose "${variant[@]}" up --no-build --wait >"$work/up.log" 2>&1 || { tail -n 40 "$work/up.log"; fail 'up with the PKI of the vault failed'; }
docker compose cp certs:/keys/services-ca.pem "$work/services-ca.pem" >/dev/null 2>&1
live() { curl -sS --max-time 10 --cacert "$1" -o /dev/null "https://localhost:$API_HTTPS_PORT/health/live" 2>/dev/null; }
serial() { openssl s_client -connect "localhost:$API_HTTPS_PORT" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
! live "$work/ca.pem" || fail 'the certificate is still that of mkcert'
first=$(serial) begin=$SECONDS
while [[ $(serial) == "$first" ]]; do
  live "$work/services-ca.pem" || fail 'a call failed while the certificate was renewed'
  ((SECONDS - begin < 90)) || fail 'the certificate of a minute was not renewed'
  sleep 0.5
done
live "$work/services-ca.pem" || fail 'the renewed certificate is not trusted'
printf 'renewed after %d s\n' $((SECONDS - begin))
up 'up with the certificate of mkcert again'

echo '--- conformance from outside'
# All callers come from one address through a published port: a replica with room for the wrong credentials of every check.
docker compose run -d --no-deps --name gatehouse-ci-conform -p 127.0.0.1:38445:8443 -p 127.0.0.1:38085:8080 -e GATEHOUSE_AUDIT_FOLDER=/tmp/audit \
  -e GATEHOUSE_PUBLIC_ORIGIN=https://localhost:38445 -e GATEHOUSE_RATE_LIMIT_FAILED_BY_ADDRESS=100/900/350 api >/dev/null 2>&1
until [[ $(call -o /dev/null -w '%{http_code}' https://localhost:38445/health/ready 2>/dev/null) == 200 ]]; do sleep 0.3; done
docker exec -e NODE_EXTRA_CA_CERTS=/keys/ca.pem gatehouse-ci-conform node -e \
  "fetch('https://localhost:9443/openapi.json').then((answer) => answer.text()).then((text) => process.stdout.write(text))" \
  >"$work/openapi.json"
token accounts:read,accounts:write,transfers:read,transfers:write,api-keys:manage >"$work/token"
(cd "$repo" && node tools/cli/bin/gatehouse.mjs conform https://localhost:38445 --ca "$work/ca.pem" \
  --http http://localhost:38085 --openapi "$work/openapi.json" --token-file "$work/token" --fail-on low >"$work/conform.log" 2>&1) ||
  { grep -vE '^(ok|skip) ' "$work/conform.log"; fail 'the stack does not conform'; }
docker rm -fv gatehouse-ci-conform >/dev/null
grep ' passed, ' "$work/conform.log"

echo '--- again'
up 'second up, nothing changed'
read_account | grep -q '"holder":"compose"' || fail 'the account is gone after the second up'
docker compose down --timeout 20 >/dev/null 2>&1
up 'up after down'
read_account | grep -q '"holder":"compose"' || fail 'the account is gone after down and up'

echo '--- a second copy beside the first, with a generated service'
git clone -q "$repo" "$work/gatehouse-ci-second"
(
  cd "$work/gatehouse-ci-second"
  cp -al "$repo/node_modules" . 2>/dev/null || cp -a "$repo/node_modules" .
  node tools/cli/bin/gatehouse.mjs new service orders --yes --no-verify >/dev/null
  export API_HTTPS_PORT=38453 API_HTTP_PORT=38090 ORDERS_HTTPS_PORT=38454 ORDERS_HTTP_PORT=38091
  up 'second copy'
  docker compose cp certs:/keys/ca.pem "$work/second.pem" >/dev/null 2>&1
  for port in "$API_HTTPS_PORT" "$ORDERS_HTTPS_PORT"; do
    [[ $(curl -sS --max-time 10 --cacert "$work/second.pem" "https://localhost:$port/health/ready") == '{"status":"ok"}' ]]
    ! curl -s --max-time 10 --cacert "$work/ca.pem" "https://localhost:$port/health/ready" || fail 'both copies have the same CA'
  done
  for file in /keys/api/key.pem /keys/api/client.key /keys/api/valkey-password; do
    ! docker compose exec -T orders cat "$file" >/dev/null 2>&1 || fail "orders can read $file"
  done
  docker compose down -v --rmi local --timeout 10 >/dev/null 2>&1
)
read_account | grep -q '"holder":"compose"' || fail 'the first copy suffered from the second'

echo '--- down -v leaves nothing'
docker compose down -v --rmi local --timeout 20 >/dev/null 2>&1
left=$(for kind in container volume network; do docker "$kind" ls -q $([[ $kind == container ]] && echo -a) --filter name=gatehouse-ci; done)
left+=$(docker image ls -q 'gatehouse-ci*')
[[ -z $left ]] || fail "left behind: $left"
[[ -z $(git -C "$work/gatehouse-ci" status --porcelain) ]] || fail 'the clone has a dirty git status'
echo 'nothing left behind'
