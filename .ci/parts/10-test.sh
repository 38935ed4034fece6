# The README's command, as a stranger types it.
run_tests() {
  local log status=0
  log=$(mktemp)
  npm test 2>&1 | tee "$log" || status=$?
  summary=$(awk 'BEGIN { RS = "" } { last = $0 } END { print last }' "$log") # the failed tests and the totals
  rm -f "$log"
  return "$status"
}
stage 'npm test' run_tests
