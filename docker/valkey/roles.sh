#!/usr/bin/env bash
# Has a running Valkey read its users anew, so that a service that was added is let in without a restart. The user that may do this may do
# nothing else.
set -euo pipefail
# its password travels by the program's environment, never as an argument
REDISCLI_AUTH=$(</keys/valkey/roles-password)
export REDISCLI_AUTH
answer=$(valkey-cli --no-auth-warning -h valkey --tls --cacert /keys/ca.pem --cert /keys/valkey/client.pem --key /keys/valkey/client.key \
  --user valkey-roles acl load 2>&1) || true
[[ $answer == OK ]] || { printf 'valkey-roles: %s\n' "$answer" >&2; exit 1; }
echo 'valkey-roles: a user for each service'
