// Runs TypeScript straight from source: node --import ./tools/cli/swc-hook.mjs main.ts
// In-thread synchronous hooks (module.registerHooks, Node >= 22.15).
import { existsSync, readFileSync } from 'node:fs';
import { enableCompileCache, registerHooks, setSourceMapsSupport } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compile } from './swc-compile.mjs';

enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/v8', import.meta.url)));
setSourceMapsSupport(true, { nodeModules: false }); // those of packages cost a start more than they tell
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
