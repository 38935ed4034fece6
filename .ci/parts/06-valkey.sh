# A Valkey (or Redis) server for the tests of shared limits, which fail without one here.
valkey() {
  if command -v valkey-server >/dev/null || command -v redis-server >/dev/null; then return; fi
  local sudo=()
  [[ $(id -u) == 0 ]] || sudo=(sudo -n)
  "${sudo[@]}" apt-get update -qq >/dev/null
  "${sudo[@]}" apt-get install -y -qq valkey-server >/dev/null 2>&1 || "${sudo[@]}" apt-get install -y -qq redis-server >/dev/null
}
stage 'a Valkey for the tests' valkey
