# Lint, types, build, format, and what must not be in a commit.
stage 'lint, typecheck, build' npx nx run-many -t lint typecheck build --outputStyle=static --parallel=2
stage 'format' npm run --silent format:check
no_addresses() { ! git grep -nE '"resolved": *"https?:' -- '*lock*.json'; }
stage 'lock file without addresses' no_addresses
# Debian's Node.js 20 comes with npm 9.2, which refuses lock files that a newer npm takes (and deletes node_modules in a dry run).
oldest_npm() (
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  git ls-files -z -- '*package.json' package-lock.json .npmrc | xargs -0 cp --parents -t "$copy"
  cd "$copy"
  npx --yes npm@9.2.0 ci --dry-run --ignore-scripts --no-audit --no-fund --loglevel=error
)
stage 'lock file for the oldest npm' oldest_npm
