// Generates every kind for real in a copy of the workspace, proves it as CI would, destroys it, and looks at what is left.
// Minutes, not seconds: so only when asked, by `npm run matrix -w tools/generator`.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { checkout, commit, status } from './scratch.workspace.ts';

const asked = process.env.GATEHOUSE_TEST_MATRIX === '1';
const MINUTES = 60_000;
if (!asked) process.stderr.write('skipped: the matrix: it takes minutes: npm run matrix -w tools/generator\n');

(asked ? describe : describe.skip)('the matrix (runs by npm run matrix -w tools/generator)', () => {
  let root: string;
  beforeAll(() => {
    root = copyOfCheckout();
    gatehouse('sync');
    commit(root);
  }, MINUTES);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it.each([
    ['a service with postgres', 'orders', ['service', 'orders', '--yes'], ['service', 'orders']],
    ['a service with memory', 'carts', ['service', 'carts', '--storage', 'memory', '--yes'], ['service', 'carts']],
    [
      'a service with another first resource',
      'billing',
      ['service', 'billing', '--resource', 'purchase-invoices', '--yes'],
      ['service', 'billing'],
    ],
    ['a lib', 'money', ['lib', 'money', '--yes'], ['lib', 'money']],
  ])(
    '%s: made, proved, built, destroyed',
    (_, name, made, destroyed) => {
      expect(gatehouse('new', ...made)).toMatch(/✓ typecheck[\s\S]*Next:/);
      prove(name);
      gatehouse('destroy', ...destroyed, '--yes');
      expect(status(root)).toBe('');
    },
    5 * MINUTES,
  );

  it(
    'a second resource in a service: made, proved, destroyed',
    () => {
      gatehouse('new', 'service', 'orders', '--yes', '--no-verify');
      expect(gatehouse('new', 'resource', 'invoices', '--service', 'orders', '--yes')).toMatch(/✓ test/);
      prove('orders');
      gatehouse('destroy', 'resource', 'invoices', '--service', 'orders', '--yes');
      gatehouse('destroy', 'service', 'orders', '--yes');
      expect(status(root)).toBe('');
    },
    5 * MINUTES,
  );

  function prove(name: string): void {
    run(
      'nx',
      'run-many',
      '-p',
      `@gatehouse/${name}`,
      '-t',
      'typecheck',
      'lint',
      'test',
      'build',
      '--outputStyle=static',
    );
    run('nx', 'sync:check');
    run('prettier', '--check', existsSync(join(root, 'apps', name)) ? `apps/${name}` : `libs/${name}`);
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    run('npm', 'install', '--offline', '--ignore-scripts', '--package-lock-only');
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).toBe(lock);
    gatehouse('sync', '--check');
  }

  function gatehouse(...args: string[]): string {
    return run(
      'node',
      '--conditions=@gatehouse/source',
      '--import=./tools/cli/swc-hook.mjs',
      'tools/cli/src/main.ts',
      ...args,
    );
  }

  function run(program: string, ...args: string[]): string {
    const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`;
    const env = { ...process.env, PATH: path, NX_DAEMON: 'false', NX_TUI: 'false', NODE_OPTIONS: '', FORCE_COLOR: '0' };
    const { status: code, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8', env });
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout;
  }
});

/** The checkout as git sees it, in a temporary folder; packages by links, the workspace's own by links into the copy. */
function copyOfCheckout(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-matrix-')));
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], { cwd: checkout, encoding: 'utf8' });
  for (const path of listed.split('\0').filter((file) => file !== '' && existsSync(join(checkout, file)))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(join(checkout, path), join(root, path));
  }
  mkdirSync(join(root, 'node_modules/@gatehouse'), { recursive: true });
  for (const name of readdirSync(join(checkout, 'node_modules'))) {
    if (name === '@gatehouse' || name === '.cache') continue;
    symlinkSync(join(checkout, 'node_modules', name), join(root, 'node_modules', name));
  }
  for (const parent of ['apps', 'libs', 'tools']) {
    for (const folder of readdirSync(join(root, parent))) {
      symlinkSync(join('../..', parent, basename(folder)), join(root, 'node_modules/@gatehouse', folder));
    }
  }
  execFileSync('git', ['init', '-q'], { cwd: root });
  commit(root);
  return root;
}
