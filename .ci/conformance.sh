#!/usr/bin/env bash
# The reference API as a stranger sees it: conformance and TLS audit over the wire, from another process, with every finding fatal.
# Then a plain NestJS application with Node's own TLS defaults, which both must find wanting.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
export GATEHOUSE_STATE=$work/state GATEHOUSE_HTTPS_PORT=28443 GATEHOUSE_HTTP_PORT=28080 GATEHOUSE_MANAGEMENT_PORT=29443
export GATEHOUSE_IDENTITY_PORT=28400 GATEHOUSE_IDENTITY_MANAGEMENT_PORT=29400
gatehouse=(node tools/cli/bin/gatehouse.mjs)
pids=()
finish() {
  local code=$?
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null && wait "$pid" || true; done
  ((code == 0)) || tail -n 20 "$work"/*.log
  rm -rf "$work"
}
trap finish EXIT

"${gatehouse[@]}" start api >"$work/api.log" 2>&1 &
pids+=($!)
until grep -q 'Stop with Ctrl-C' "$work/api.log"; do
  kill -0 "${pids[0]}" || { echo 'the reference API did not start'; exit 1; }
  sleep 0.2
done
# the printed one: where mkcert is installed it is mkcert's
ca=$(sed -nE 's#.*--cacert ([^ ]+) .*/health/ready$#\1#p' "$work/api.log" | head -n 1)

"${gatehouse[@]}" token --scope accounts:read,accounts:write,transfers:read,transfers:write,api-keys:manage >"$work/token"

echo '--- conformance of the reference API'
GATEHOUSE_STATE=$work/second "${gatehouse[@]}" conform https://localhost:28443 --ca "$ca" --http http://localhost:28080 \
  --management https://localhost:29443 --token-file "$work/token" --command "${gatehouse[*]} start api" --junit "$work/junit.xml" --fail-on low
grep -q '<testsuite ' "$work/junit.xml"
# what only an issuer can sign, or an operator revoke, is left to the API's own tests: nothing else may go unproved
if grep -oE '<skipped message="[^"]*"' "$work/junit.xml" | grep -vE -e '--issuer-key|--revoked-token-file'; then
  echo 'checks were skipped'
  exit 1
fi

echo '--- TLS audit of the reference API'
"${gatehouse[@]}" tls audit localhost:28443 --ca "$ca" --http http://localhost:28080 --sarif "$work/audit.sarif" --fail-on low
grep -q '"2.1.0"' "$work/audit.sarif"

echo '--- a plain NestJS application on Express: both must find it wanting'
node_modules/.bin/node --conditions=@gatehouse/source --import ./tools/cli/swc-hook.mjs \
  libs/conformance/test/fixtures/plain-nest.program.ts >"$work/plain.log" 2>&1 &
pids+=($!)
until grep -q '^https:' "$work/plain.log"; do
  kill -0 "${pids[1]}" || { echo 'the plain application did not start'; exit 1; }
  sleep 0.2
done
plain=$(head -n 1 "$work/plain.log")
fails() { # fails COMMAND…: its exit code must be 1: findings, and no crash
  local code=0
  "$@" >"$work/findings.log" 2>&1 || code=$?
  grep ' passed, ' "$work/findings.log"
  ((code == 1)) || { echo "exit code $code, not 1"; exit 1; }
}
fails "${gatehouse[@]}" conform "$plain" --junit "$work/plain.xml"
fails "${gatehouse[@]}" tls audit "${plain#https://}"
grep -q '<failure ' "$work/plain.xml"
