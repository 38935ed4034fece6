#!/usr/bin/env bash
# The profile `observe` of the stack, from a fresh clone: Prometheus sees every service and their rules, nobody without its certificate
# sees a management port, and an attack on the API becomes an alert at Alertmanager. Then nothing may be left.
set -euo pipefail
repo=$(git rev-parse --show-toplevel)
work=$(mktemp -d)
export COMPOSE_PROFILES=observe API_HTTPS_PORT=38463 API_HTTP_PORT=38083
mkdir "$work/gatehouse-observe"

finish() {
  local code=$?
  cd "$work/gatehouse-observe"
  ((code == 0)) || { docker compose ps -a; docker compose logs --no-color --tail 20; }
  docker compose down -v --rmi local --timeout 10 >/dev/null 2>&1 || true
  cd "$repo"
  rm -rf "$work"
}
trap finish EXIT

fail() { printf '%s\n' "$*" >&2; exit 1; }
until_true() { # until_true WHAT COMMAND…: within two minutes
  local what=$1 end=$((SECONDS + 120))
  shift
  until "$@"; do
    ((SECONDS < end)) || fail "not within two minutes: $what"
    sleep 2
  done
}
query() { # query EXPRESSION: its samples
  docker compose exec -T prometheus promtool query instant --http.config.file=/etc/prometheus/client.yaml https://localhost:9090 "$1" 2>/dev/null
}
has() { [[ -n $(query "$1") ]]; }

git clone -q "$repo" "$work/gatehouse-observe"
cd "$work/gatehouse-observe"
if ! docker buildx version >/dev/null 2>&1; then # one after the other, as compose.sh does
  for service in $(docker compose config --services); do
    nice -n 10 docker compose build "$service" >"$work/log" 2>&1 || { tail -n 40 "$work/log"; fail "no image of $service"; }
  done
fi
nice -n 10 docker compose up --wait >"$work/log" 2>&1 || { tail -n 40 "$work/log"; fail 'up failed'; }
docker compose cp certs:/keys/ca.pem "$work/ca.pem" >/dev/null 2>&1

echo '--- Prometheus sees every service'
services=$(grep -cv '^#' docker/generated/services.list)
until_true 'every service is up' has "count(up{job=\"gatehouse\"} == 1) == $services"
until_true 'a metric of the API' has 'process_cpu_seconds_total{service="api"}'

echo '--- and nobody else sees a management port'
for name in prometheus alertmanager; do
  [[ $(docker compose port "$name" 9090 2>/dev/null || true)$(docker compose port "$name" 9093 2>/dev/null || true) =~ ^(:0)*$ ]] || fail "$name is published"
done
ask() { # ask CLIENT TARGET: the HTTP status, 000 when the connection is ended
  local shown=()
  [[ -z $1 ]] || shown=(--cert "/keys/$1/client.pem" --key "/keys/$1/client.key")
  docker run --rm --network gatehouse-observe_observe -v gatehouse-observe_keys:/keys:ro --user 0:0 --entrypoint curl gatehouse-observe-curl \
    -s --max-time 5 --cacert /keys/ca.pem "${shown[@]}" -o /dev/null -w '%{http_code}' "https://$2" || true
}
docker build -q -t gatehouse-observe-curl - >/dev/null <<'DOCKERFILE'
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
DOCKERFILE
[[ $(ask prometheus api:9443/metrics) == 200 ]] || fail 'Prometheus is not let in'
[[ $(ask '' api:9443/metrics) == 000 ]] || fail 'the management port of api answers without a certificate'
[[ $(ask api api:9443/metrics) == 000 ]] || fail "the management port of api answers a service's certificate"
[[ $(ask '' prometheus:9090/metrics) == 000 ]] || fail 'Prometheus answers without a certificate'
[[ $(ask api prometheus:9090/metrics) == 000 ]] || fail "Prometheus answers a service's certificate"
[[ $(ask '' alertmanager:9093/metrics) == 000 ]] || fail 'Alertmanager answers without a certificate'
docker rmi gatehouse-observe-curl >/dev/null

echo '--- an attack becomes an alert'
until_true 'the counters of detection' has 'gatehouse_detection_alerts_total{service="api", rule="objectProbing"}'
token=$(docker compose run --rm -T token accounts:read 2>/dev/null)
for _ in $(seq 30); do
  curl -sS -o /dev/null --cacert "$work/ca.pem" -H "Authorization: Bearer $token" \
    "https://localhost:$API_HTTPS_PORT/v1/accounts/$(cat /proc/sys/kernel/random/uuid)"
done
until_true 'GatehouseAttack fires' has 'ALERTS{alertname="GatehouseAttack", alertstate="firing", rule="objectProbing"}'
told() {
  docker compose exec -T alertmanager amtool --http.config.file=/etc/alertmanager/client.yaml --alertmanager.url=https://localhost:9093 \
    alert query alertname=GatehouseAttack | grep -q objectProbing
}
until_true 'Alertmanager has it' told
echo 'seen, told, and closed to everybody else'
