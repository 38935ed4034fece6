# Valkey: TLS with a certificate, each service its own keys.
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
