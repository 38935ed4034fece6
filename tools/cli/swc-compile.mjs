// Compiles TypeScript with decorator metadata, and keeps what it made on disk: a file is compiled once for every process that runs it.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
const rc = readFileSync(join(root, '.swcrc'), 'utf8');
const cacheDir = join(root, 'node_modules/.cache/swc-hook');
mkdirSync(cacheDir, { recursive: true });
const salt = rc + process.versions.modules;
let swc;

/** What a TypeScript file becomes, with its source map inline. */
export function compile(file, source) {
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
