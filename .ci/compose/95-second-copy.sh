# A second copy beside the first, with a generated service.
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
