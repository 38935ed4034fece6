// Runs tests as services run: modules come from Node's own loader, compiled once a process, and not from a copy of it in a `vm` context, which
// costs seconds of CPU a test file. What Jest isolates stays so: each test file has copies of its own of every module of the workspace.
import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks, setSourceMapsSupport } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import JestRuntime from 'jest-runtime';
import { compile } from './tools/cli/swc-compile.mjs';

const WORKSPACE = new URL('./', import.meta.url).href;
const GLOBALS = Symbol.for('gatehouse.jest.globals');
const GLOBAL_NAMES = ['afterAll', 'afterEach', 'beforeAll', 'beforeEach', 'describe', 'expect', 'it', 'jest', 'test'];

setSourceMapsSupport(true, { nodeModules: false });

/** Test files that this process has begun. */
let files = 0;

const isOwn = (url) => url.startsWith(WORKSPACE) && !url.includes('/node_modules/');
const tagged = (url, tag) => (tag && !url.includes('?') ? `${url}?${tag}` : url);
const untagged = (url) => url.replace(/\?file=\d+$/, '');
const tagOf = (url) => /\?(file=\d+)$/.exec(url)?.[1];

/** What the first test file asked for serves all: where a module lies, and what it becomes. */
const [resolved, compiled] = [new Map(), new Map()];

function once(known, key, find) {
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = find();
  known.set(key, found);
  return found;
}

registerHooks({
  resolve(specifier, context, next) {
    const tag = tagOf(context.parentURL ?? '');
    if (specifier === '@jest/globals')
      return { url: tagged('jest:globals', tag), format: 'module', shortCircuit: true };
    if (!context.conditions.includes('import')) return next(specifier, context);
    const found = once(resolved, `${specifier}\n${untagged(context.parentURL ?? '')}`, () =>
      next(specifier, { ...context, conditions: ['@gatehouse/source', ...context.conditions] }),
    );
    return { ...found, url: isOwn(found.url) ? tagged(found.url, tag) : found.url, shortCircuit: true };
  },
  load(url, context, next) {
    if (url.startsWith('jest:globals')) {
      const source = `export const { ${GLOBAL_NAMES.join()} } = globalThis[Symbol.for('${GLOBALS.description}')];`;
      return { format: 'module', source, shortCircuit: true };
    }
    const path = untagged(url);
    if (!isOwn(path) || !path.endsWith('.ts')) return next(path, context);
    const file = fileURLToPath(path);
    const source = once(compiled, file, () => compile(file, readFileSync(file, 'utf8')));
    return { format: 'module', source, shortCircuit: true };
  },
});

/** Jest's `runtime`: what loads a test file and what it imports. */
export default class RealmRuntime extends JestRuntime {
  constructor(...args) {
    super(...args);
    files += 1;
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  unstable_importModule(path) {
    globalThis[GLOBALS] = this.jestGlobals.cjsGlobals(path);
    return import(tagged(pathToFileURL(path).href, `file=${files}`));
  }

  /** The framework: anew for each test file, since it keeps its tests and handlers. */
  requireInternalModule(path) {
    const require = createRequire(path);
    delete require.cache[path];
    delete globalThis[Symbol.for('EVENT_HANDLERS')];
    return require(path);
  }

  /** There is one `process`, and it keeps its own. */
  installGetBuiltinModule() {}

  /** Coverage is counted in what swc made: Jest asks for that and its map. */
  getAllV8CoverageInfoCopy() {
    const { result: scripts, coverageOptions, config } = this.v8Coverage;
    const folder = join(config.cacheDirectory, 'maps');
    mkdirSync(folder, { recursive: true });
    return scripts.filter(isCounted).map((script) => {
      const url = fileURLToPath(script.url);
      const originalCode = readFileSync(url, 'utf8');
      const code = compile(url, originalCode);
      const [, map = ''] = /sourceMappingURL=data:[^,]*,(\S+)/.exec(code) ?? [];
      const sourceMapPath = join(folder, `${basename(url)}.map`);
      writeFileSync(sourceMapPath, Buffer.from(map, 'base64'));
      return { result: { ...script, url }, codeTransformResult: { code, originalCode, sourceMapPath } };
    });

    function isCounted({ url }) {
      const path = url.startsWith(WORKSPACE) ? fileURLToPath(url) : '';
      return path.startsWith(config.rootDir) && JestRuntime.shouldInstrument(path, coverageOptions, config);
    }
  }
}
