#!/usr/bin/env bash
# gitleaks over every commit and every file: nothing may be found, and what is planted must be. With a folder as argument, over that
# folder alone (compose.sh: what an image adds to its base).
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
readonly version=v8.30.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find_gitleaks() { # on the PATH, else in the cache, else built by Go into the cache
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse/gitleaks-$version
  command -v gitleaks && return
  if [[ ! -x $cache/gitleaks ]]; then
    command -v go >/dev/null || { echo 'secret-scan: needs gitleaks 8 on the PATH, or Go to build it' >&2; return 1; }
    GOBIN=$cache go install "github.com/zricethezav/gitleaks/v8@$version" >&2
  fi
  echo "$cache/gitleaks"
}
gitleaks=$(find_gitleaks)
scan() { "$gitleaks" "$@" --config "$repo/.gitleaks.toml" --no-banner --log-level warn --redact --verbose; }

if [[ $# -gt 0 ]]; then
  scan dir "$1"
  exit
fi

scan git "$repo"
git -C "$repo" ls-files -z | (cd "$repo" && xargs -0 cp --parents -t "$work")
scan dir "$work"
echo "no secret in $(git -C "$repo" rev-list --count HEAD) commits and $(git -C "$repo" ls-files | wc -l) files"

# Made here, so that this file holds none: a private key, a token of a forge, a key of a cloud.
mkdir "$work/planted"
openssl ecparam -name prime256v1 -genkey -noout >"$work/planted/key.pem"
random() { LC_ALL=C tr -dc "$1" </dev/urandom | head -c "$2" || true; }
printf 'token = "%s_%s"\n' ghp "$(random A-Za-z0-9 36)" >"$work/planted/settings.ini"
printf 'aws_access_key_id = %s%s\n' AKIA "$(random A-Z2-7 16)" >"$work/planted/credentials"
for file in "$work"/planted/*; do
  mkdir "$work/one" && mv "$file" "$work/one"
  ! scan dir "$work/one" >/dev/null 2>&1 || { echo "a planted secret was not found: ${file##*/}"; exit 1; }
  rm -rf "$work/one"
done
echo 'each of 3 planted secrets was found'
