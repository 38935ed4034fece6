// Runs TypeScript with decorator metadata straight from source: node --import ./tools/cli/swc-hook.mjs main.ts
// In-thread synchronous hooks (module.registerHooks, Node >= 22.15), swc transform, on-disk cache.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, enableCompileCache, registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
const rc = readFileSync(join(root, '.swcrc'), 'utf8');
const cacheDir = join(root, 'node_modules/.cache/swc-hook');
mkdirSync(cacheDir, { recursive: true });
enableCompileCache(join(root, 'node_modules/.cache/v8'));
const salt = rc + process.versions.modules;
let swc;

function compile(file, source) {
  const key = join(cacheDir, createHash('sha1').update(salt).update(file).update(source).digest('hex') + '.js');
  try {
    return readFileSync(key, 'utf8');
  } catch {
    swc ??= require('@swc/core');
    const { $schema, ...options } = JSON.parse(rc);
    const { code } = swc.transformSync(source, { ...options, swcrc: false, filename: file, sourceMaps: 'inline' });
    const tmp = `${key}.${process.pid}`;
    try {
      writeFileSync(tmp, code);
      renameSync(tmp, key);
    } catch {
      // a read-only or full disk: compiled again the next time
    }
    return code;
  }
}

process.setSourceMapsEnabled(true);
registerHooks({
  resolve(specifier, context, next) {
    if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
      const ts = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(ts)) return next(ts.href, context);
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
    const file = fileURLToPath(url);
    return { format: 'module', source: compile(file, readFileSync(file, 'utf8')), shortCircuit: true };
  },
});
