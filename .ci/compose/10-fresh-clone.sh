# From a fresh clone.
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
