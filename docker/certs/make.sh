#!/usr/bin/env bash
# Gives every service of services.list a folder below /keys with what it needs to prove who it is, readable by that service alone:
#   /keys/ca.pem                          the development CA, for everybody
#   /keys/<service>/cert.pem, key.pem     owner of the key: the service's user, mode 0400
#   /keys/<service>/database-password     the service's user, and the group that makes the database roles
#   /keys/<service>/secrets/<name>        a random value of the kind that the service declares: its user, mode 0400
#   /keys/postgres/…                      root, readable by the server's extra group (its user differs between images);
#                                         the password is what its image asks for: pg_hba.conf lets nobody use it
# The CA's own key is in /ca, a volume that no other container mounts. Idempotent: what is there and good for 30 days stays.
set -euo pipefail
umask 077
readonly postgres_group=10002 roles_group=10003 renew_below_s=$((30 * 86400))
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

certificate() { # certificate NAME OWNER MODE DNS-NAME…
  local folder=$keys/$1 owner=$2 mode=$3
  shift 3
  mkdir -p "$folder" && chmod 0755 "$folder"
  if openssl x509 -in "$folder/cert.pem" -noout -checkend "$renew_below_s" >/dev/null 2>&1 &&
    openssl verify -CAfile /ca/rootCA.pem "$folder/cert.pem" >/dev/null 2>&1; then
    return
  fi
  make "$@"
  give "$scratch/key.pem" "$folder/key.pem" "$owner" "$mode"
  give "$scratch/cert.pem" "$folder/cert.pem" 0:0 0444
  echo "certs: new certificate for $folder: $*"
}

password() { # password FILE OWNER MODE
  [[ ! -e $1 ]] || return 0
  openssl rand -base64 33 | tr -d '\n' >"$scratch/password"
  give "$scratch/password" "$1" "$2" "$3"
}

secret() { # secret FOLDER OWNER NAME=KIND:BYTES
  local file=$1/${3%%=*} kind=${3#*=} value
  [[ ! -e $file ]] || return 0
  value=$(openssl rand -base64 "${kind#*:}" | tr -d '\n')
  [[ $kind != keyring:* ]] || value="[\"$value\"]"
  printf %s "$value" >"$scratch/secret"
  give "$scratch/secret" "$file" "$2" 0400
}

make localhost # makes the CA too, when there is none
cp /ca/rootCA.pem "$scratch/ca.pem"
give "$scratch/ca.pem" "$keys/ca.pem" 0:0 0444

certificate postgres "0:$postgres_group" 0440 postgres
password "$keys/postgres/password" "0:$postgres_group" 0440
while read -r service user role secrets; do
  certificate "$service" "$user:$user" 0400 localhost "$service" 127.0.0.1 ::1
  [[ $role == - ]] || password "$keys/$service/database-password" "$user:$roles_group" 0440
  [[ -z $secrets ]] || mkdir -p -m 0755 "$keys/$service/secrets"
  for one in $secrets; do secret "$keys/$service/secrets" "$user:$user" "$one"; done
done < <(grep -v '^#' /services.list)

cat <<'TEXT'
certs: every certificate is in place. To call a service, trust the CA for one command:
certs:   docker compose cp certs:/keys/ca.pem ca.pem && curl --cacert ca.pem https://localhost:8443/health/ready
certs: or for every browser and program of this machine (needs mkcert; `mkcert -uninstall` takes it back):
certs:   mkdir -p .gatehouse/compose-ca && docker compose cp certs:/keys/ca.pem .gatehouse/compose-ca/rootCA.pem \
certs:     && CAROOT=$PWD/.gatehouse/compose-ca mkcert -install
TEXT
