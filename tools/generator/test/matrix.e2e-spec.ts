// Generates every kind for real in a copy of the workspace, proves it as CI would, runs it, destroys it, and looks at what is left.
// Minutes, not seconds: so only when asked, by `npm run matrix -w tools/generator`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsOf } from '../src/verify.ts';
import { CheckoutCopy } from './checkout.copy.ts';
import { status } from './scratch.workspace.ts';

const asked = process.env.GATEHOUSE_TEST_MATRIX === '1';
const MINUTES = 60_000;
if (!asked) process.stderr.write('skipped: the matrix: it takes minutes: npm run matrix -w tools/generator\n');

(asked ? describe : describe.skip)('the matrix (runs by npm run matrix -w tools/generator)', () => {
  let copy: CheckoutCopy;
  beforeAll(() => void (copy = new CheckoutCopy()), MINUTES);
  afterAll(() => copy?.remove());
  afterEach(() => expect(status(copy.root)).toBe(''));

  it('is in sync to begin with', () => {
    expect(gatehouse('sync', '--check')).toContain('as derived');
  });

  it('proves with the command lines that Nx has', async () => {
    for (const folder of ['apps/api', 'libs/tls']) {
      const { targets } = JSON.parse(copy.run('nx', 'show', 'project', folder, '--json')) as Shown;
      const ofNx = (target: string) =>
        [targets[target]?.options.command, ...(targets[target]?.options.args ?? [])].join(' ');
      const own = await commandsOf(copy.root, folder);
      expect(own).toEqual({ typecheck: ofNx('typecheck'), lint: ofNx('lint'), test: ofNx('test') });
    }
  });

  it(
    'a service with postgres, a second resource and a lib: made, proved, served, destroyed',
    async () => {
      expect(gatehouse('new', 'lib', 'money', '--yes')).toMatch(/✓ test[\s\S]*Next:/);
      gatehouse('new', 'service', 'orders', '--yes', '--no-verify');
      expect(gatehouse('new', 'resource', 'invoices', '--service', 'orders', '--yes')).toMatch(/✓ conformance/);
      prove('apps/orders');
      prove('libs/money');
      await conform('orders');
      gatehouse('destroy', 'resource', 'invoices', '--service', 'orders', '--yes');
      gatehouse('destroy', 'service', 'orders', '--yes');
      gatehouse('destroy', 'lib', 'money', '--yes');
    },
    5 * MINUTES,
  );

  it(
    'a service with memory beside one with another first resource: made, proved, served, destroyed',
    async () => {
      expect(gatehouse('new', 'service', 'carts', '--storage', 'memory', '--yes')).toMatch(/✓ conformance/);
      const other = ['--resource', 'purchase-invoices', '--singular', 'bill', '--https-port', '28999'];
      const make = ['node', CLI, 'new', 'service', 'billing', ...other, '--yes'] as const;
      const measure = copy.measure(...make, '--dry-run').cpuSeconds;
      const { said, cpuSeconds } = copy.measure(...make);
      process.stderr.write(
        `the proof of a new service: ${/in [\d.]+ s/.exec(said)?.[0]}, ${cpuSeconds.toFixed(1)} s of CPU, ` +
          `${(cpuSeconds / measure).toFixed(1)} × its plan\n`,
      );
      expect(said).toMatch(/✓ conformance/);
      expect(cpuSeconds).toBeGreaterThan(measure);
      expect(cpuSeconds / measure).toBeLessThan(PROOF_OF_PLAN);
      prove('apps/carts');
      prove('apps/billing');
      await conform('carts');
      gatehouse('destroy', 'service', 'billing', '--yes');
      gatehouse('destroy', 'service', 'carts', '--yes');
    },
    5 * MINUTES,
  );

  it(
    'a service that was proved once, made again after a type of a lib has gone: not believed',
    () => {
      const make = ['new', 'service', 'carts', '--storage', 'memory', '--yes'];
      const exported = join(copy.root, 'libs/validation/src/index.ts');
      const before = readFileSync(exported, 'utf8');
      writeFileSync(exported, before.replace(' type PageQuery,', ''));
      expect(() => gatehouse(...make)).toThrow(/✗ typecheck[\s\S]*PageQuery/);
      writeFileSync(exported, before);
      gatehouse('destroy', 'service', 'carts', '--yes');
    },
    5 * MINUTES,
  );

  /** What CI runs on it, and what npm and Nx would have written themselves. */
  function prove(folder: string): void {
    const project = `@gatehouse/${folder.split('/')[1]}`;
    copy.run('nx', 'run-many', '-p', project, '-t', 'typecheck', 'lint', 'test', 'build', '--outputStyle=static');
    copy.run('nx', 'sync:check');
    copy.run('prettier', '--check', folder, 'docs', 'docker', 'tsconfig.json');
    const lock = readFileSync(join(copy.root, 'package-lock.json'), 'utf8');
    copy.run('npm', 'install', '--offline', '--ignore-scripts', '--package-lock-only');
    expect(readFileSync(join(copy.root, 'package-lock.json'), 'utf8')).toBe(lock);
    gatehouse('sync', '--check');
  }

  /** The running service, as a stranger sees it; then SIGTERM. */
  async function conform(name: string): Promise<void> {
    const { https, http, management, ca, stop } = await copy.serve(name);
    try {
      const token = join(copy.root, '.gatehouse/token');
      const resources = readdirSync(join(copy.root, 'apps', name, 'src'), { withFileTypes: true });
      const scopes = resources
        .filter((entry) => entry.isDirectory())
        .flatMap((one) => [`${one.name}:read`, `${one.name}:write`]);
      writeFileSync(token, gatehouse('token', '--scope', scopes.join(), '--audience', name));
      const command = `node tools/cli/bin/gatehouse.mjs start ${name}`;
      const places = [
        '--ca',
        ca,
        '--http',
        http,
        '--management',
        management,
        '--token-file',
        token,
        '--command',
        command,
      ];
      const report = JSON.parse(gatehouse('conform', https, ...places, '--fail-on', 'low', '--json')) as Report;
      // what only an issuer can sign, or an operator revoke, the service's own tests have proved just before
      const unproved = report.results.filter(
        ({ status, reason = '' }) => status !== 'pass' && !NEEDS_ISSUER.test(reason),
      );
      expect(unproved).toEqual([]);
      expect(report.results.length).toBeGreaterThanOrEqual(47);
    } finally {
      expect(await stop()).toBe(0);
    }
  }

  function gatehouse(...args: string[]): string {
    return copy.run('node', CLI, ...args);
  }
});

/** CPU of making and proving a service against planning it alone, in the same run: seconds say more of the machine than of the proof. */
const PROOF_OF_PLAN = 18;
const CLI = 'tools/cli/bin/gatehouse.mjs';
const NEEDS_ISSUER = /--issuer-key|--revoked-token-file/;

interface Shown {
  readonly targets: Readonly<Record<string, { options: { command: string; args?: string[] } }>>;
}

interface Report {
  readonly results: readonly { readonly id: string; readonly status: string; readonly reason?: string }[];
}
