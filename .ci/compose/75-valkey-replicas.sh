# Valkey: one limit for two replicas, each its share while it is gone, together again without a restart.
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
