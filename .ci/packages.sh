#!/usr/bin/env bash
# The libs as packages, outside of the workspace: built from a fresh clone, packed as `npm publish` would, installed into an
# application of its own, compiled with every declaration file checked, and run.
set -euo pipefail
repo=$(git rev-parse --show-toplevel)
work=$(mktemp -d)
trap 'cd "$repo"; rm -rf "$work"' EXIT
export NX_DAEMON=false NX_TUI=false

git clone -q "$repo" "$work/clone"
cd "$work/clone"
cp -al "$repo/node_modules" . 2>/dev/null || cp -a "$repo/node_modules" .
export PATH="$PWD/node_modules/.bin:$PATH"
nx run-many -t build --projects='libs/*' --outputStyle=static >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log"; exit 1; }
mkdir "$work/packages" "$work/application"
for lib in libs/*/; do
  (cd "$lib" && npm pack --silent --ignore-scripts --pack-destination "$work/packages" >/dev/null)
done

cd "$work/application"
cp "$repo"/.ci/packages/* .
echo '{ "name": "application", "private": true, "type": "module" }' >package.json
version() { node -p "require('$repo/node_modules/$1/package.json').version"; }
npm install --prefer-offline --no-audit --no-fund --ignore-scripts --loglevel=error "$work"/packages/*.tgz \
  "@nestjs/common@$(version @nestjs/common)" "@nestjs/core@$(version @nestjs/core)" '@nestjs/platform-express@^12.0.0' \
  "reflect-metadata@$(version reflect-metadata)" "rxjs@$(version rxjs)" "@types/node@$(version @types/node)" "@types/jest@$(version @types/jest)"
# every entry of every package, its types and its code
node -e "
  const { readdirSync, readFileSync } = require('node:fs');
  for (const lib of readdirSync('node_modules/@gatehouse')) {
    const { exports } = JSON.parse(readFileSync('node_modules/@gatehouse/' + lib + '/package.json', 'utf8'));
    for (const [entry, to] of Object.entries(exports))
      if (to.types) console.log('import \'@gatehouse/' + lib + entry.slice(1) + '\';');
  }" | grep -v /jest >entries.ts
tsc --project .
for program in entries whole parts; do
  GATEHOUSE_SECRETS_KEY_FILE='' timeout 120 node "out/$program.js"
done
