# Lint, types, build, format, and what must not be in a commit.
stage 'lint, typecheck, build' npx nx run-many -t lint typecheck build --outputStyle=static --parallel=2
stage 'format' npm run --silent format:check
no_addresses() { ! git grep -nE '"resolved": *"https?:' -- '*lock*.json'; }
stage 'lock file without addresses' no_addresses
