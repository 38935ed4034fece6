// Generates a lib for real in a scratch workspace.
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runDestroy, runNew } from '../src/index.ts';
import { fingerprint, scratchWorkspace, status } from './scratch.workspace.ts';

const silent = { out: () => undefined, error: () => undefined };
const base = { kind: 'lib', asking: 'defaults', dryRun: false, json: false, verify: false } as const;

describe('a lib', () => {
  let root: string;
  let remove: () => void;
  beforeEach(() => ({ root, remove } = scratchWorkspace()));
  afterEach(() => remove());

  it('is made whole: files, lock entry, reference and link', async () => {
    await runNew({ ...base, root, given: { name: 'money' } }, silent);
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, object>;
    };
    expect(existsSync(join(root, 'libs/money/src/index.ts'))).toBe(true);
    expect(lock.packages['node_modules/@gatehouse/money']).toEqual({ resolved: 'libs/money', link: true });
    expect(readFileSync(join(root, 'tsconfig.json'), 'utf8')).toContain('./libs/money');
    expect(readlinkSync(join(root, 'node_modules/@gatehouse/money'))).toBe('../../libs/money');
  });

  it('made twice changes nothing the second time', async () => {
    await runNew({ ...base, root, given: { name: 'money' } }, silent);
    const before = fingerprint(root);
    const again = await runNew({ ...base, root, given: { name: 'money' } }, silent);
    expect(again).toMatchObject({ ok: true, exists: true, changes: [] });
    expect(fingerprint(root)).toBe(before);
  });

  it('destroyed leaves a clean git status', async () => {
    await runNew({ ...base, root, given: { name: 'money' } }, silent);
    expect(status(root)).toContain('libs/money/README.md');
    const options = {
      root,
      kind: 'lib',
      name: 'money',
      force: false,
      dryRun: false,
      json: false,
      confirm: 'yes',
    } as const;
    await runDestroy(options, silent);
    expect(status(root)).toBe('');
    expect(existsSync(join(root, 'libs/money'))).toBe(false);
  });
});
