# What a request costs against raw node:https, last and alone: ratios of one run, never µs. The budgets are in tools/bench/src/guard.ts.
stage 'bench --quick' npm run --silent bench -- --quick --out "$(mktemp -d)"
