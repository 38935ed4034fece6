#!/usr/bin/env bash
# The stack as a stranger brings it up, from a fresh clone: healthy, called through its CA, conforming from outside, every container
# as confined as compose.yaml says, no secret in an image; again without and with its data, and a second copy beside it. Then nothing
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
  local begin=$SECONDS
  nice -n 10 docker compose up --build --wait >"$work/up.log" 2>&1 || { tail -n 40 "$work/up.log"; fail "$1: up failed"; }
  printf '%s: healthy after %d s\n' "$1" $((SECONDS - begin))
}
call() { curl -sS --max-time 10 --cacert "$work/ca.pem" "$@"; }

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
id=$(call "https://localhost:$API_HTTPS_PORT/v1/accounts" --json '{"holder":"compose","currency":"EUR"}' | sed -E 's/.*"id":"([^"]+)".*/\1/')
[[ -n $id ]]
read_account() { call "https://localhost:$API_HTTPS_PORT/v1/accounts/$id"; }
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
for file in /keys/postgres/key.pem /keys/postgres/password; do
  ! docker compose exec -T api cat "$file" >/dev/null 2>&1 || fail "api can read $file"
done
! docker compose exec -T api sh -c 'touch /app/x' 2>/dev/null || fail 'api can write to its own program'

echo '--- no secret in an image'
docker compose exec -T postgres cat /keys/postgres/password /keys/postgres/key.pem >"$work/secrets"
docker compose exec -T api cat /keys/api/key.pem /keys/api/database-password >>"$work/secrets"
grep -v -- '-----' "$work/secrets" | grep -E '.{16}' >"$work/patterns"
for image in $(docker compose config --images | sort -u); do
  mkdir -p "$work/image"
  docker save "$image" | tar -xC "$work/image"
  ! grep -rqaF -f "$work/patterns" "$work/image" || fail "$image holds a secret of the running stack"
  ! docker history --no-trunc --format '{{.CreatedBy}}' "$image" | grep -iE '(password|secret|token)=[^ ]' || fail "$image: a secret in its history"
  container=$(docker create "$image")
  docker export "$container" | tar -t >"$work/files"
  docker rm -v "$container" >/dev/null
  ! grep -E '(^|/)(\.git|\.env|\.npmrc|\.gatehouse)(/|$)|^app/.*\.(pem|key|ts|map)$' "$work/files" || fail "$image holds the file above"
  chmod -R u+w "$work/image" && rm -rf "$work/image" "$work/files"
done

echo '--- the database: TLS and SCRAM alone, one role to one database'
sql() { # sql CONNECTION STATEMENT: as the role api, by its password, over the network
  docker run --rm --network gatehouse-ci_database -v gatehouse-ci_keys:/keys:ro --user postgres --group-add 10003 --entrypoint bash \
    gatehouse-ci-postgres -c "PGPASSWORD=\$(</keys/api/database-password) psql -qXAt '$1' -c \"$2\"" 2>&1 || true
}
base='host=postgres user=api sslrootcert=/keys/ca.pem'
[[ $(sql "$base dbname=api sslmode=verify-full" 'select rolsuper or rolcreatedb or rolcreaterole from pg_roles where rolname = current_user') == f ]] ||
  fail 'the role api may do more than it has to'
sql "$base dbname=api sslmode=disable" 'select 1' | grep -q 'pg_hba.conf rejects' || fail 'a connection in clear is not rejected'
sql "$base dbname=postgres sslmode=verify-full" 'select 1' | grep -q 'no pg_hba.conf entry' || fail 'api reaches another database'
sql 'host=postgres user=postgres dbname=postgres sslmode=require' 'select 1' | grep -q 'pg_hba.conf rejects' || fail 'the superuser is let in over the network'
docker compose exec -T postgres psql -qXAt -c 'select rolpassword from pg_authid where rolname = $$api$$' | grep -q '^SCRAM-SHA-256' ||
  fail 'the password is not stored for SCRAM'

echo '--- conformance from outside'
docker compose exec -T -e NODE_EXTRA_CA_CERTS=/keys/ca.pem api node -e \
  "fetch('https://localhost:9443/openapi.json').then((answer) => answer.text()).then((text) => process.stdout.write(text))" \
  >"$work/openapi.json"
(cd "$repo" && node tools/cli/bin/gatehouse.mjs conform "https://localhost:$API_HTTPS_PORT" --ca "$work/ca.pem" \
  --http "http://localhost:$API_HTTP_PORT" --openapi "$work/openapi.json" --fail-on low >"$work/conform.log" 2>&1) ||
  { grep -vE '^(ok|skip) ' "$work/conform.log"; fail 'the stack does not conform'; }
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
  for file in /keys/api/key.pem /keys/api/database-password; do
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
