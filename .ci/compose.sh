#!/usr/bin/env bash
# The stack as a stranger brings it up, from a fresh clone: healthy, called through its CA, conforming from outside, every container
# as confined as compose.yaml says, no secret in an image, each service with its own secrets and database alone; again without and with
# its data, and a second copy beside it. Then nothing may be left. Each part is a file of compose/, in this shell and in order.
set -euo pipefail
repo=$(git rev-parse --show-toplevel)
work=$(mktemp -d)
export API_HTTPS_PORT=38443 API_HTTP_PORT=38080
mkdir -p "$work/gatehouse-ci" "$work/gatehouse-ci-second"

finish() {
  local code=$? copy
  for copy in gatehouse-ci gatehouse-ci-second; do
    cd "$work/$copy" 2>/dev/null && [[ -e compose.yaml ]] || continue
    ((code == 0)) || { docker compose ps -a; docker compose logs --no-color --tail 20; }
    docker compose down -v --rmi local --timeout 10 >/dev/null 2>&1 || true
  done
  cd "$repo"
  rm -rf "$work"
}
trap finish EXIT

fail() { printf '%s\n' "$*" >&2; exit 1; }
up() { # up LABEL: brings up the copy in the current folder, and says how long it took
  local begin=$SECONDS service build=--build
  if ! docker buildx version >/dev/null 2>&1; then # one after the other: side by side, the old builder takes another's Dockerfile
    build=--no-build
    for service in $(docker compose config --services); do
      nice -n 10 docker compose build "$service" >"$work/up.log" 2>&1 || { tail -n 40 "$work/up.log"; fail "$1: no image of $service"; }
    done
  fi
  nice -n 10 docker compose up "$build" --wait >"$work/up.log" 2>&1 || { tail -n 40 "$work/up.log"; fail "$1: up failed"; }
  printf '%s: healthy after %d s\n' "$1" $((SECONDS - begin))
}
call() { curl -sS --max-time 10 --cacert "$work/ca.pem" "$@"; }
token() { docker compose run --rm -T token "$@" 2>>"$work/token.log"; }
with_token() { call -H "Authorization: Bearer $token" "$@"; }

for part in "$repo"/.ci/compose/*.sh; do
  printf -- '--- %s\n' "$(sed -n '1s/^# \(.*\)\.$/\1/p' "$part")"
  # shellcheck source=/dev/null
  source "$part"
done
