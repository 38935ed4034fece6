# Conformance from outside.
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
