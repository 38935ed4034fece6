#!/usr/bin/env bash
# What a stranger does: clone, npm start, call it over HTTPS with the printed line, stop it. Then nothing may be left: no process of
# the clone, no port, and a clean git status.
set -euo pipefail
repo=$(git rev-parse --show-toplevel)
work=$(mktemp -d)
log=$work/start.log
export GATEHOUSE_HTTPS_PORT=18443 GATEHOUSE_HTTP_PORT=18080 GATEHOUSE_MANAGEMENT_PORT=19443
export GATEHOUSE_IDENTITY_PORT=18400 GATEHOUSE_IDENTITY_MANAGEMENT_PORT=19400
pid=
finish() {
  local code=$?
  [[ -z $pid ]] || kill -TERM "$pid" 2>/dev/null || true
  ((code == 0)) || { printf '%s\n' '--- npm start said:'; tail -n 40 "$log" 2>/dev/null || true; }
  rm -rf "$work"
}
trap finish EXIT

git clone -q "$repo" "$work/clone"
cd "$work/clone"

run() { # run LABEL LIMIT: starts, waits until it answers, prints how long it took
  local begin=$SECONDS
  npm start >"$log" 2>&1 &
  pid=$!
  until grep -q 'Stop with Ctrl-C' "$log"; do
    kill -0 "$pid" 2>/dev/null || { echo "npm start ended by itself"; exit 1; }
    ((SECONDS - begin < $2)) || { echo "not ready within $2 s"; exit 1; }
    sleep 0.2
  done
  printf '%s: ready after %d s\n' "$1" $((SECONDS - begin))
}

of_the_clone() { # its processes, by the folder that they run in: a service gives itself a title
  local process
  for process in /proc/[0-9]*; do
    [[ $(readlink "$process/cwd" 2>/dev/null) != "$work/clone"* || ${process##*/} == "$$" || ${process##*/} == "$BASHPID" ]] ||
      echo "${process##*/} $(tr '\0' ' ' <"$process/cmdline" 2>/dev/null)"
  done
}

stop() {
  kill -TERM "$pid"
  wait "$pid" || { local code=$?; ((code == 0 || code == 143)) || { echo "npm start ended with $code"; exit 1; }; }
  pid=
  # npm passes no signal on and does not wait: the service notices by itself, and finishes what is in flight
  local begin=$SECONDS
  while [[ -n $(of_the_clone) ]] && ((SECONDS - begin < 15)); do sleep 0.1; done
}

run 'first start, with the installation' 300
line=$(grep -E '^ *curl .*health/ready' "$log" | head -n 1)
echo "the printed line: ${line##* }"
[[ $(eval "${line/curl/curl -sS}") == '{"status":"ok"}' ]]
# The README's own call, on the port of this run, and with the printed CA: where mkcert is installed it is mkcert's.
ca=$(sed -E 's/.*--cacert ([^ ]+) .*/\1/' <<<"$line")
call=$(sed -n '/^curl .*localhost:8443\/v1\/accounts \\$/,/-d/p' README.md | sed "s/8443/18443/; s#[^ ]*ca\.pem#$ca#; s/^curl/curl -sS/")
[[ $(eval "$call") == *'"holder":"Ada"'* ]] || { echo "the README's call does not work: $call"; exit 1; }
[[ $(curl -s -o /dev/null -w '%{http_code}' http://localhost:18080/) == 308 ]]
# the line with a token, two lines as they are printed, pasted in a folder where npx knows nothing of the clone
paste=$(grep -A1 -E '^ *curl .*/v1/' "$log" | head -n 2)
[[ $(cd "$work" && eval "${paste/curl/curl -sS}") == '{"items":['* ]] || { echo "the line with a token does not work: $paste"; exit 1; }
stop

run 'second start' 30
[[ $(eval "${line/curl/curl -sS}") == '{"status":"ok"}' ]]
stop

for port in 18443 18080 19443 18400 19400; do
  ! curl -sk --max-time 2 -o /dev/null "https://localhost:$port/" || { echo "port $port is still open"; exit 1; }
done
left=$(of_the_clone)
[[ -z $left ]] || { printf 'left behind:\n%s\n' "$left"; exit 1; }
[[ -z $(git status --porcelain) ]] || { git status --short; exit 1; }
echo 'nothing left behind'
