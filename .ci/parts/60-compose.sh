# The whole stack by docker compose, from a fresh clone. Where there is no Docker, it says so and the gate goes on.
compose() {
  [[ ! -x ../shared/docker-lab/up ]] || ../shared/docker-lab/up >/dev/null 2>&1 || true
  if ! docker compose version >/dev/null 2>&1 || ! docker info >/dev/null 2>&1; then
    echo 'left out: this machine has no running Docker with Compose v2'
    return
  fi
  bash .ci/compose.sh
}
stage 'docker compose' compose
