# Again.
up 'second up, nothing changed'
read_account | grep -q '"holder":"compose"' || fail 'the account is gone after the second up'
docker compose down --timeout 20 >/dev/null 2>&1
up 'up after down'
read_account | grep -q '"holder":"compose"' || fail 'the account is gone after down and up'
