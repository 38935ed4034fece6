#!/bin/sh
# Gives every service of secrets.list its place in the vault: a policy, a login by its client certificate, a first random value for
# each secret, short-lived users of its own database, and a role that signs certificates for it alone. Idempotent; a value that is there is never touched, nor can it be read from
# here: the policy of this container is in openbao.hcl.
#   docker compose run --rm -T openbao-roles set SERVICE NAME <file    puts a value that nobody can invent, such as a webhook's URL
set -eu
export BAO_ADDR=https://openbao:8200 BAO_CACERT=/keys/ca.pem HOME=/tmp
lists=/etc/gatehouse
bao login -method=cert -client-cert=/keys/openbao-roles/client.pem -client-key=/keys/openbao-roles/client.key -no-print
listed() { grep -v '^#' "$lists/$1" || true; }

if [ "${1:-}" = set ]; then
  [ $# -eq 3 ] || { echo 'usage: set SERVICE NAME <file' >&2; exit 2; }
  listed secrets.list | grep -q "^$2 $3 " || { echo "$2 declares no secret $3: see docker/generated/secrets.list" >&2; exit 2; }
  bao kv put -mount=secret "$2/$3" value=- >/dev/null
  echo "openbao-roles: set $3 of $2; it takes it over within 30 s"
  exit
fi

random() { bao write -field=random_bytes "sys/tools/random/$1" format=base64; }
is_there() { bao kv metadata get -mount=secret "$1" >/dev/null 2>&1; }

# The password is read from its file by the client, so that it is in no argument.
bao write database/config/postgres - >/dev/null <<JSON
{
  "plugin_name": "postgresql-database-plugin",
  "allowed_roles": ["*"],
  "connection_url": "postgresql://{{username}}:{{password}}@postgres:5432/vault?sslmode=verify-full&sslrootcert=/keys/ca.pem",
  "username": "vault",
  "password": "$(cat /keys/postgres/vault-password)",
  "password_authentication": "scram-sha-256"
}
JSON

# Short-lived users who may insert events into the database audit, for every service.
bao write database/roles/audit - >/dev/null <<'JSON'
{
  "db_name": "postgres",
  "default_ttl": "1h",
  "max_ttl": "24h",
  "creation_statements": [
    "create role \"{{name}}\" with login password '{{password}}' valid until '{{expiration}}' connection limit 10 in role audit"
  ],
  "revocation_statements": [
    "alter role \"{{name}}\" with nologin",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = '{{name}}'",
    "drop role if exists \"{{name}}\""
  ]
}
JSON

# A vault that was set up before it had this engine goes on without.
pki=$(bao read -field=certificate pki/cert/ca >/dev/null 2>&1 || echo absent)

listed services.list | while read -r service _user role; do
  {
    echo "path \"secret/data/$service/*\" { capabilities = [\"read\"] }"
    echo "path \"transit/datakey/plaintext/$service\" { capabilities = [\"update\"] }"
    echo "path \"transit/decrypt/$service\" { capabilities = [\"update\"] }"
    echo "path \"sys/leases/revoke\" { capabilities = [\"update\"] }"
    echo "path \"database/creds/audit\" { capabilities = [\"read\"] }"

    echo "path \"pki/sign/$service\" { capabilities = [\"update\"] }"
    [ "$role" = - ] || echo "path \"database/creds/$service\" { capabilities = [\"read\"] }"
  } | bao policy write "service-$service" - >/dev/null
  bao write "auth/cert/certs/service-$service" display_name="$service" certificate=@/keys/ca.pem \
    allowed_common_names="$service" token_policies="service-$service" token_ttl=1h token_max_ttl=24h >/dev/null
  [ "$pki" = absent ] || bao write "pki/roles/$service" allowed_domains="$service" allow_bare_domains=true allow_localhost=true \
    allow_wildcard_certificates=false client_flag=false key_type=ec key_bits=256 ttl="${VAULT_PKI_TTL:-1h}" max_ttl=24h >/dev/null
  [ "$role" = - ] || bao write "database/roles/$service" - >/dev/null <<JSON
{
  "db_name": "postgres",
  "default_ttl": "1h",
  "max_ttl": "24h",
  "creation_statements": [
    "create role \"{{name}}\" with login password '{{password}}' valid until '{{expiration}}' connection limit 40 in role \"$role\"",
    "alter role \"{{name}}\" set role to \"$role\""
  ],
  "revocation_statements": [
    "alter role \"{{name}}\" with nologin",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = '{{name}}'",
    "drop role if exists \"{{name}}\""
  ]
}
JSON
  echo "openbao-roles: $service logs in by its certificate and reads its own secrets, and nothing else"
done

listed secrets.list | while read -r service name kind size; do
  ! is_there "$service/$name" || continue
  case $kind in
    bytes | text) value=$(random "$size") ;;
    keyring) value="[\"$(random "$size")\"]" ;;
    *) echo "openbao-roles: $service needs $name: docker compose run --rm -T openbao-roles set $service $name <file"; continue ;;
  esac
  printf %s "$value" | bao kv put -mount=secret -cas=0 "$service/$name" value=- >/dev/null
  echo "openbao-roles: a random $name for $service"
done
