// Every refusal names the input and the remedy, and writes nothing at all.
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { destroy, make, sync } from './commands.ts';
import { fingerprint, scratchWorkspace, status, write } from './scratch.workspace.ts';

describe('what is refused writes nothing', () => {
  let root: string;
  let remove: () => void;
  let before: string;
  beforeAll(() => {
    ({ root, remove } = scratchWorkspace());
    before = fingerprint(root);
  });
  afterAll(() => remove());
  afterEach(() => {
    expect(status(root)).toBe('');
    expect(fingerprint(root)).toBe(before);
  });

  it.each([
    ['../x', 'is a path'],
    ['my orders', 'is not made of'],
    ['Orders', 'is not made of'],
    ['оrders', 'U+043E'],
    ['class', 'keyword'],
    ['crypto', 'module of Node.js'],
    ['con', 'device name'],
    ['validation', 'taken'],
    ['ap-i', 'looks like the existing "api"'],
    ['api', 'taken'],
    ['x'.repeat(60), '60 characters'],
    ['', 'empty'],
  ])('the name %j', async (name, reason) => {
    for (const kind of ['service', 'lib']) {
      const refused = await make(root, kind, { name });
      expect(refused).toMatchObject({ code: 2, error: expect.stringContaining(reason) });
      expect(refused.error).toMatch(/Refused: .+\n {2}.+\n {2}Nothing was written\./);
    }
  });

  it.each([
    [{ httpsPort: '8443' }, 'belongs to api'],
    [{ httpsPort: '99999' }, 'is not a port'],
    [{ httpsPort: '8500', httpPort: '8500' }, 'given twice'],
    [{ resource: '../x' }, 'is a path'],
    [{ resource: 'delete' }, 'keyword'],
    [{ singular: 'orders' }, 'is the plural too'],
    [{ storage: 'floppy' }, 'there is no storage "floppy"'],
    [{ description: '<script>' }, 'not one line of plain text'],
    [{ description: 'a\nb' }, 'not one line of plain text'],
    [{ description: '{{x}}' }, 'not one line of plain text'],
  ])('the answers %j', async (given, reason) => {
    const refused = await make(root, 'service', { name: 'orders', ...given });
    expect(refused).toMatchObject({ code: 2, error: expect.stringContaining(reason) });
  });

  it.each([
    ['service', { name: 'targets' }, 'a word that the containers use'],
    ['service', { name: 'prometheus' }, 'a word that the containers use'],
    ['service', { name: 'orders', resource: 'rows' }, 'a word that every service uses'],
    ['service', { name: 'orders', resource: 'authn-revocations' }, 'a table of Gatehouse'],
  ])('a %s %j that would not work', async (kind, given, reason) => {
    expect(await make(root, kind, given)).toMatchObject({ code: 2, error: expect.stringContaining(reason) });
  });

  it('a missing answer with nobody to ask, by its flag', async () => {
    expect((await make(root, 'service', {}, { asking: 'refuse' })).error).toContain('<name> is missing');
    const refused = await make(root, 'service', { name: 'orders' }, { asking: 'refuse' });
    expect(refused.error).toContain('--description <text> is missing');
    expect(refused.error).toContain('--yes');
  });

  it('an unknown kind, a flag of another kind, a resource without its service', async () => {
    expect((await make(root, 'constructor', { name: 'x1' })).error).toContain('there is no kind "constructor"');
    expect((await make(root, 'lib', { name: 'money', httpsPort: '1' })).error).toContain('--https-port means nothing');
    expect((await make(root, 'resource', { name: 'items', service: 'api' })).error).toContain('no generated service');
    expect((await make(root, 'resource', { name: 'items', service: '../..' })).error).toContain('no generated service');
  });

  it('destroying what was not generated', async () => {
    expect((await destroy(root, 'service', 'api')).error).toContain('no generated service "api"');
    expect((await destroy(root, 'service', '../x')).error).toContain('no generated service');
    expect((await destroy(root, 'lib', 'tls')).error).toContain('no generated lib');
    expect((await destroy(root, 'resource', 'x')).error).toContain('--service is missing');
  });

  it.each([300, 5000])('a name of %i characters, wherever it is given', async (length) => {
    const name = 'a'.repeat(length);
    const there = { code: 2, error: expect.stringContaining('there is no generated') };
    expect(await destroy(root, 'service', name)).toMatchObject(there);
    expect(await destroy(root, 'lib', name)).toMatchObject(there);
    expect(await destroy(root, 'resource', name, { service: name })).toMatchObject(there);
    expect(await make(root, 'resource', { name: 'items', service: name })).toMatchObject(there);
    const long = { code: 2, error: expect.stringContaining(`has ${length} characters`) };
    expect(await make(root, 'service', { name })).toMatchObject(long);
    expect(await make(root, 'lib', { name })).toMatchObject(long);
    expect(await make(root, 'service', { name: 'orders', resource: name })).toMatchObject(long);
    expect(await make(root, 'service', { name: 'orders', singular: name })).toMatchObject(long);
  });

  it('a refusal with --json is JSON too', async () => {
    const refused = await make(root, 'service', { name: '../x' }, { json: true });
    expect(refused.json).toMatchObject({ ok: false, error: { message: expect.stringContaining('is a path') } });
  });
});

describe('what only shows', () => {
  let root: string;
  let remove: () => void;
  beforeEach(() => ({ root, remove } = scratchWorkspace()));
  afterEach(() => remove());

  it('--dry-run prints a diff that git takes, and writes nothing', async () => {
    const before = fingerprint(root);
    const { out } = await make(root, 'lib', { name: 'money' }, { dryRun: true });
    expect(out).toContain('+++ b/libs/money/src/index.ts');
    expect(fingerprint(root)).toBe(before);
    execFileSync('git', ['apply', '-'], { cwd: root, input: out });
    expect(await make(root, 'lib', { name: 'money' })).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing to do'),
    });
  });

  it('--json names every change', async () => {
    const { json } = await make(root, 'lib', { name: 'money' }, { json: true });
    expect(json).toMatchObject({ ok: true, kind: 'lib', name: 'money', exists: false });
    expect(json.changes).toContainEqual({ path: 'package-lock.json', action: 'edit' });
    expect(json.changes).toContainEqual({ path: 'libs/money/src/index.ts', action: 'create' });
  });

  it('sync --check shows drift and fails; sync mends it; again changes nothing', async () => {
    const drift = await sync(root, true);
    expect(drift).toMatchObject({ code: 1, out: expect.stringContaining('+++ b/docs/services.md') });
    expect(existsSync(join(root, 'docs/services.md'))).toBe(false);
    expect((await sync(root, false)).code).toBe(0);
    expect(await sync(root, true)).toMatchObject({ code: 0, out: 'All derived files are as derived.\n' });
    write(root, 'docker/generated/gone.yaml', 'services: {}\n');
    expect((await sync(root, true)).out).toContain('--- a/docker/generated/gone.yaml\n+++ /dev/null');
    await sync(root, false);
    expect(existsSync(join(root, 'docker/generated/gone.yaml'))).toBe(false);
  });

  it('sync takes out of the lock file what is there no more, and --check fails on it', async () => {
    await sync(root, false);
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    await make(root, 'service', { name: 'stray' });
    rmSync(join(root, 'apps/stray'), { recursive: true });
    rmSync(join(root, 'docker/generated/stray.yaml'));
    const nested = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: object };
    nested.packages = { ...nested.packages, 'apps/stray/node_modules/zod': { version: '1.0.0' } };
    write(root, 'package-lock.json', JSON.stringify(nested, null, 2));
    expect(await sync(root, true)).toMatchObject({ code: 1, out: expect.stringContaining('+++ b/package-lock.json') });
    expect((await sync(root, false)).code).toBe(0);
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).toBe(lock);
    expect(lstatSync(join(root, 'node_modules/@gatehouse/stray'), { throwIfNoEntry: false })).toBeUndefined();
    expect((await sync(root, true)).code).toBe(0);
  });

  it.each(['tsconfig.json', 'package-lock.json'])('a damaged %s is named, with what restores it', async (path) => {
    await sync(root, false);
    const whole = readFileSync(join(root, path), 'utf8');
    const restored = { code: 2, error: expect.stringContaining(`restore it: git checkout -- ${path}`) };
    for (const text of ['{ broken', '', '[]', `<<<<<<< HEAD\n${whole}`]) {
      write(root, path, text);
      const before = fingerprint(root);
      const named = { ...restored, error: expect.stringMatching(`^Refused: ${path} is not valid JSON: .+\n`) };
      expect([await sync(root, false), await make(root, 'lib', { name: 'money' })]).toMatchObject([named, restored]);
      expect(await sync(root, true)).toMatchObject(named);
      expect(fingerprint(root)).toBe(before);
    }
    write(root, path, '{}');
    const empty = { code: 2, error: expect.stringMatching(/has no "references"|names no packages/) };
    expect([await sync(root, false), await make(root, 'service', { name: 'orders' })]).toMatchObject([empty, empty]);
    write(root, path, whole);
    expect((await make(root, 'service', { name: 'orders' })).code).toBe(0);
    write(root, path, '{ broken');
    expect(await destroy(root, 'service', 'orders')).toMatchObject(restored);
  });

  it('a damaged generated.json, or package.json of another project, is named', async () => {
    await make(root, 'service', { name: 'orders' });
    const manifest = readFileSync(join(root, 'apps/orders/generated.json'), 'utf8');
    write(root, 'apps/orders/generated.json', '{ broken');
    const named = { code: 2, error: expect.stringContaining('apps/orders/generated.json is not valid JSON') };
    expect(await make(root, 'service', { name: 'orders' })).toMatchObject(named);
    expect(await make(root, 'resource', { name: 'items', service: 'orders' })).toMatchObject(named);
    expect(await make(root, 'resource', { name: 'items' })).toMatchObject(named);
    expect(await destroy(root, 'service', 'orders')).toMatchObject(named);
    write(root, 'apps/orders/generated.json', manifest);
    write(root, 'apps/api/package.json', '{ broken');
    const other = { code: 2, error: expect.stringContaining('apps/api/package.json is not valid JSON') };
    expect(await destroy(root, 'service', 'orders')).toMatchObject(other);
  });

  it('a derived file that is damaged is written anew', async () => {
    await sync(root, false);
    const whole = readFileSync(join(root, 'docker/generated/api.yaml'), 'utf8');
    write(root, 'docker/generated/api.yaml', '{ broken: [');
    expect((await sync(root, false)).code).toBe(0);
    expect(readFileSync(join(root, 'docker/generated/api.yaml'), 'utf8')).toBe(whole);
  });

  it('a descriptor that cannot be read is named', async () => {
    write(root, 'apps/broken/service.config.ts', 'throw new Error("no");\n');
    expect((await sync(root, true)).error).toContain('apps/broken/service.config.ts cannot be read: no');
  });

  it('a descriptor that is not valid is named with the first reason', async () => {
    write(root, 'apps/broken/service.config.ts', 'throw new Error("it is not valid:\\n  name: no");\n');
    expect((await sync(root, true)).error).toContain('cannot be read: it is not valid: name: no.\n');
  });

  it.each([
    [
      'a port, by whichever listener',
      `name: 'twin', ports: { https: 9443, http: 8081, management: 9444 }`,
      'port 9443',
    ],
    ['a name', `name: 'api', ports: { https: 8444, http: 8081, management: 9444 }`, 'the name "api"'],
  ])(
    'two descriptors that have %s in common are refused: their containers would be one user',
    async (_what, own, shared) => {
      write(root, 'apps/twin/service.config.ts', `export default { description: 'Twin.', ${own} };\n`);
      const before = fingerprint(root);
      const refused = {
        code: 2,
        error: expect.stringContaining(`${shared} stands in apps/api/service.config.ts and in apps/twin/`),
      };
      expect(await sync(root, false)).toMatchObject(refused);
      expect(await make(root, 'service', { name: 'orders' })).toMatchObject(refused);
      expect(fingerprint(root)).toBe(before);
    },
  );
});
