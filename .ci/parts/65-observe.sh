# Prometheus and Alertmanager of the stack, by docker compose. Where there is no Docker, it says so and the gate goes on.
observe() {
  if ! docker compose version >/dev/null 2>&1 || ! docker info >/dev/null 2>&1; then
    echo 'left out: this machine has no running Docker with Compose v2'
    return
  fi
  bash .ci/observe.sh
}
stage 'docker compose, watched' observe
