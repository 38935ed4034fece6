// A small workspace in a temporary folder: the real templates and lock file, a reference API that is only a descriptor, and
// a node_modules of links. Fast enough for one a test; nothing outside the folder is touched.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that the tests run in. */
export const checkout = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');

const COPIED = [
  'templates',
  'package.json',
  'package-lock.json',
  'nx.json',
  'tsconfig.base.json',
  'tsconfig.json',
  '.prettierrc.json',
  '.gitignore',
  '.gitattributes',
  '.swcrc',
  'eslint.config.mjs',
  'eslint.yield.mjs',
  'jest.preset.mjs',
  'jest.setup.mjs',
  'jest.realm.mjs',
  'jest.environment.mjs',
];

/** A descriptor without imports: reading it costs nothing. */
export const apiDescriptor = `export default { name: 'api', description: 'The reference API.', ports: { https: 8443, http: 8080, management: 9443 }, database: {} };\n`;

/** Makes the workspace and commits it; `remove` takes it away. */
export function scratchWorkspace(): { root: string; remove: () => void } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-')));
  for (const path of COPIED) cpSync(join(checkout, path), join(root, path), { recursive: true });
  dropGenerated(root);
  write(root, 'apps/api/service.config.ts', apiDescriptor);
  for (const { name, folder } of lockedWorkspaces(root))
    write(root, `${folder}/package.json`, `{ "name": "${name}" }\n`);
  linkModules(root);
  git(root, 'init', '-q');
  commit(root);
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Commits everything, so that the next `status` is relative to now. */
export function commit(root: string): void {
  git(root, 'add', '-A');
  git(
    root,
    '-c',
    'user.name=t',
    '-c',
    'user.email=t@localhost',
    '-c',
    'commit.gpgsign=false',
    'commit',
    '-qm',
    'state',
  );
}

/** What git sees as changed: empty when clean. */
export const status = (root: string): string => git(root, 'status', '--porcelain', '--untracked-files=all');

/** A hash over every file, link and folder of the workspace outside of .git: equal means that nothing was written. */
export function fingerprint(root: string): string {
  const hash = createHash('sha256');
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === '.git') continue;
      const path = join(folder, entry.name);
      hash.update(path);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) hash.update(readFileSync(path));
    }
  };
  visit(root);
  return hash.digest('hex');
}

/** Writes a file of the workspace, with its folders. */
export function write(root: string, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

// the checkout may hold services that somebody generated; the scratch workspace holds only its own
function dropGenerated(root: string): void {
  const config = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { references: { path: string }[] };
  config.references = [{ path: './apps/api' }, { path: './libs/tls' }];
  writeFileSync(join(root, 'tsconfig.json'), `${JSON.stringify(config, null, 2)}\n`);
  const lock = readLock(root);
  const foreign = ([path, { resolved = path }]: [string, { resolved?: string }]) => /^apps\/(?!api$)/.test(resolved);
  lock.packages = Object.fromEntries(Object.entries(lock.packages).filter((entry) => !foreign(entry)));
  writeFileSync(join(root, 'package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
}

function readLock(root: string): { packages: Record<string, { link?: boolean; resolved?: string }> } {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as ReturnType<typeof readLock>;
}

function lockedWorkspaces(root: string): { name: string; folder: string }[] {
  return Object.entries(readLock(root).packages)
    .filter(([, { link }]) => link)
    .map(([path, { resolved = '' }]) => ({ name: path.slice('node_modules/'.length), folder: resolved }));
}

function linkModules(root: string): void {
  const from = join(checkout, 'node_modules');
  mkdirSync(join(root, 'node_modules/@gatehouse'), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== '@gatehouse' && name !== '.cache')
      symlinkSync(join(from, name), join(root, 'node_modules', name), 'junction');
  }
  for (const name of readdirSync(join(from, '@gatehouse'))) {
    symlinkSync(realpathSync(join(from, '@gatehouse', name)), join(root, 'node_modules/@gatehouse', name), 'junction');
  }
}

function git(root: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
  });
}
