#!/usr/bin/env bash
# Gives every service of services.list a folder below /keys with what it needs to prove who it is, readable by that service alone:
#   /keys/ca.pem                          the development CA, for everybody
#   /keys/<service>/cert.pem, key.pem       the server's; owner of the key: the service's user, mode 0400
#   /keys/<service>/client.pem, client.key  what it logs in to the vault with; the same owner
#   /audit/<service>                        the service's user alone, 0700: its audit journal
#   /keys/prometheus/…, alertmanager/…      the same for the profile `observe`; the services let in the client `CN=prometheus`
#   /keys/postgres/…, /keys/openbao/…       root, readable by the server's extra group (its user differs between images);
#                                           `password` is what the image asks for: pg_hba.conf lets nobody use it
#   /keys/openbao/services-ca.pem           key and certificate of the CA that the vault signs with; its public part, for everybody,
#                                           is /keys/services-ca.pem
#   /keys/postgres/vault-password           of the role that makes short-lived users; the group of the two that set and use it
#   /keys/valkey/…                          the server's user alone; users.acl has the hash of each service's password
#   /keys/<service>/valkey-password         the service's user alone
#   /keys/issuer/key.pem, jwks.json         what access tokens are signed by, the token service's user's; and checked by, for everybody
# The CA's own key is in /ca, a volume that no other container mounts. Idempotent: what is there and good for 30 days stays.
set -euo pipefail
umask 077
readonly postgres_group=10002 roles_group=10003 openbao_group=10004 openbao_roles=10005 valkey=10007 renew_below_s=$((30 * 86400))
export CAROOT=/ca
keys=/keys
chmod 0755 "$keys"

# On the same volume, so that a rename is one, and readable by nobody else while it is filled.
scratch=$keys/.scratch
rm -rf "$scratch" && mkdir -m 0700 "$scratch"
trap 'rm -rf "$scratch"' EXIT

# Files are made under another name and renamed: a reader sees the old one or the new one, whole.
give() { # give FILE TARGET OWNER MODE: FILE (ours) becomes TARGET
  chmod "$4" "$1" && chown "$3" "$1" && mv -f "$1" "$2"
}

make() { # make DNS-NAME…
  mkcert -ecdsa -cert-file "$scratch/cert.pem" -key-file "$scratch/key.pem" "$@" >"$scratch/log" 2>&1 ||
    { cat "$scratch/log" >&2; return 1; }
}

is_good() { # is_good CERTIFICATE: ours, and for a while yet
  openssl x509 -in "$1" -noout -checkend "$renew_below_s" >/dev/null 2>&1 &&
    openssl verify -purpose any -CAfile /ca/rootCA.pem "$1" >/dev/null 2>&1
}

certificate() { # certificate NAME OWNER MODE DNS-NAME…
  local folder=$keys/$1 owner=$2 mode=$3
  shift 3
  mkdir -p "$folder" && chmod 0755 "$folder"
  ! is_good "$folder/cert.pem" || return 0
  make "$@"
  give "$scratch/key.pem" "$folder/key.pem" "$owner" "$mode"
  give "$scratch/cert.pem" "$folder/cert.pem" 0:0 0444
  echo "certs: new certificate for $folder: $*"
}

# For clients alone, with a common name, which the vault asks for: mkcert sets none, but keeps that of a request.
client() { # client NAME USER
  local folder=$keys/$1
  mkdir -p "$folder" && chmod 0755 "$folder"
  ! is_good "$folder/client.pem" || return 0
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$scratch/client.key" -out "$scratch/csr" \
    -subj "/CN=$1" -addext "subjectAltName=DNS:$1" -addext extendedKeyUsage=clientAuth 2>"$scratch/log" &&
    mkcert -csr "$scratch/csr" -cert-file "$scratch/client.pem" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; return 1; }
  give "$scratch/client.key" "$folder/client.key" "$2:$2" 0400
  give "$scratch/client.pem" "$folder/client.pem" 0:0 0444
  echo "certs: new client certificate for $1"
}

random() { # random FILE OWNER MODE COMMAND…: what the command prints, made once
  local file=$1 owner=$2 mode=$3
  shift 3
  [[ ! -e $file ]] || return 0
  "$@" >"$scratch/random"
  give "$scratch/random" "$file" "$owner" "$mode"
}

services_ca() { # services_ca OWNER: a CA below which is nothing but leaves, as old as the vault that has it
  [[ ! -e $keys/services-ca.pem ]] || return 0 # the vault has it
  openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -keyout "$scratch/ca.key" -out "$scratch/ca.crt" \
    -subj '/CN=Gatehouse stack services' -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign \
    2>"$scratch/log" || { cat "$scratch/log" >&2; return 1; }
  cat "$scratch/ca.key" "$scratch/ca.crt" >"$scratch/bundle"
  give "$scratch/bundle" "$keys/openbao/services-ca.pem" "$1" 0440
  give "$scratch/ca.crt" "$keys/services-ca.pem" 0:0 0444
  rm "$scratch/ca.key"
}

issuer() { # issuer FOLDER OWNER: a P-256 key, and its public part as a JWK Set (RFC 7517)
  local x y kid
  [[ ! -e $1/jwks.json ]] || return 0
  mkdir -p "$1" && chmod 0755 "$1"
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$scratch/issuer" 2>/dev/null
  base64url() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
  point() { openssl pkey -in "$scratch/issuer" -pubout -outform DER | tail -c 64; }
  x=$(point | head -c 32 | base64url) y=$(point | tail -c 32 | base64url)
  kid=$(printf '{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}' "$x" "$y" | openssl dgst -sha256 -binary | base64url)
  printf '{"keys":[{"kty":"EC","crv":"P-256","x":"%s","y":"%s","kid":"%s","alg":"ES256","use":"sig"}]}\n' "$x" "$y" "$kid" >"$scratch/jwks"
  give "$scratch/issuer" "$1/key.pem" "$2" 0400
  give "$scratch/jwks" "$1/jwks.json" 0:0 0444
}

# A user of Valkey: its password for it alone, once; its hash, since we cannot read that any more; and what it may touch and do.
acl_user() { # acl_user NAME PASSWORD-FILE OWNER RULES…
  local hash=$keys/valkey/hashes/$1
  if [[ ! -e $2 || ! -e $hash ]]; then
    openssl rand -base64 33 >"$scratch/password"
    printf '#%s' "$(tr -d '\n' <"$scratch/password" | openssl dgst -sha256 -r | cut -d' ' -f1)" >"$scratch/hash"
    give "$scratch/password" "$2" "$3:$3" 0400
    give "$scratch/hash" "$hash" 0:0 0400
  fi
  printf 'user %s on %s %s\n' "$1" "$(<"$hash")" "${*:4}" >>"$scratch/users.acl"
}

make localhost # makes the CA too, when there is none
cp /ca/rootCA.pem "$scratch/ca.pem"
give "$scratch/ca.pem" "$keys/ca.pem" 0:0 0444

issuer "$keys/issuer" 10006:10006
certificate postgres "0:$postgres_group" 0440 postgres
random "$keys/postgres/password" "0:$postgres_group" 0440 openssl rand -base64 33
random "$keys/postgres/vault-password" "0:$roles_group" 0440 openssl rand -base64 33
certificate openbao "0:$openbao_group" 0440 openbao localhost
random "$keys/openbao/seal.key" "0:$openbao_group" 0440 openssl rand 32
services_ca "0:$openbao_group"
client openbao-roles "$openbao_roles"
certificate prometheus 65534:65534 0400 prometheus localhost
client prometheus 65534
certificate alertmanager 10008:10008 0400 alertmanager localhost
client alertmanager 10008
certificate valkey "$valkey:$valkey" 0400 valkey
client valkey "$valkey" # of the health check and of valkey-roles
mkdir -p "$keys/valkey/hashes" && chmod 0700 "$keys/valkey/hashes"
echo 'user default off resetpass resetkeys resetchannels -@all' >"$scratch/users.acl"
acl_user valkey-roles "$keys/valkey/roles-password" "$valkey" resetkeys resetchannels -@all '+acl|load'
while read -r service user _role; do
  certificate "$service" "$user:$user" 0400 localhost "$service" 127.0.0.1 ::1
  client "$service" "$user"
  acl_user "$service" "$keys/$service/valkey-password" "$user" "~gatehouse:$service:*" resetchannels "&gatehouse:$service:*" \
    -@all +evalsha +eval +time +get +set +publish +subscribe +unsubscribe +ping
  [[ -d /audit/$service ]] || { mkdir -m 0700 "/audit/$service" && chown "$user:$user" "/audit/$service"; }
done < <(grep -v '^#' /services.list)
give "$scratch/users.acl" "$keys/valkey/users.acl" "$valkey:$valkey" 0400

cat <<'TEXT'
certs: every certificate is in place. To call a service, trust the CA for one command:
certs:   docker compose cp certs:/keys/ca.pem ca.pem && curl --cacert ca.pem https://localhost:8443/health/ready
certs: or for every browser and program of this machine (needs mkcert; `mkcert -uninstall` takes it back):
certs:   mkdir -p .gatehouse/compose-ca && docker compose cp certs:/keys/ca.pem .gatehouse/compose-ca/rootCA.pem \
certs:     && CAROOT=$PWD/.gatehouse/compose-ca mkcert -install
TEXT
