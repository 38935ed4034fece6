// Generates a lib for real in a scratch workspace.
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { destroy, make } from './commands.ts';
import { fingerprint, scratchWorkspace, status, write } from './scratch.workspace.ts';

describe('a lib', () => {
  let root: string;
  let remove: () => void;
  beforeEach(() => ({ root, remove } = scratchWorkspace()));
  afterEach(() => remove());

  it('is made whole: files, lock entry, reference and link', async () => {
    expect((await make(root, 'lib', { name: 'money' })).code).toBe(0);
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, object>;
    };
    expect(existsSync(join(root, 'libs/money/src/index.ts'))).toBe(true);
    expect(lock.packages['node_modules/@gatehouse/money']).toEqual({ resolved: 'libs/money', link: true });
    expect(readFileSync(join(root, 'tsconfig.json'), 'utf8')).toContain('./libs/money');
    expect(readlinkSync(join(root, 'node_modules/@gatehouse/money'))).toBe('../../libs/money');
  });

  it('made twice changes nothing the second time', async () => {
    await make(root, 'lib', { name: 'money' });
    const before = fingerprint(root);
    const again = await make(root, 'lib', { name: 'money' });
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('nothing to do') });
    expect(fingerprint(root)).toBe(before);
  });

  it('destroyed leaves a clean git status, and no folder', async () => {
    await make(root, 'lib', { name: 'money' });
    write(root, 'libs/money/dist/index.js', 'built');
    expect(status(root)).toContain('libs/money/README.md');
    expect((await destroy(root, 'lib', 'money')).code).toBe(0);
    expect(status(root)).toBe('');
    expect(existsSync(join(root, 'libs/money'))).toBe(false);
    expect(existsSync(join(root, 'node_modules/@gatehouse/money'))).toBe(false);
  });

  it('is not destroyed while a service depends on it', async () => {
    await make(root, 'lib', { name: 'money' });
    write(
      root,
      'apps/api/package.json',
      '{ "name": "@gatehouse/api", "dependencies": { "@gatehouse/money": "0.1.0" } }\n',
    );
    const before = fingerprint(root);
    const refused = await destroy(root, 'lib', 'money');
    expect(refused).toMatchObject({ code: 2, error: expect.stringContaining('apps/api') });
    expect(fingerprint(root)).toBe(before);
  });
});
