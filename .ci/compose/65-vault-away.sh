# The vault goes and comes back.
docker compose stop openbao >/dev/null 2>&1
read_account | grep -q '"holder":"compose"' || fail 'no answer without the vault'
docker compose start openbao >/dev/null 2>&1
up 'up with the vault started again: it unsealed itself'
docker compose restart api >/dev/null 2>&1
up 'up after a restart of api: it logged in again'
read_account | grep -q '"holder":"compose"' || fail 'the account is gone after a restart'
