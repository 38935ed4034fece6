# The vault: each service its own secrets, by its certificate.
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
