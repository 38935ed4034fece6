// When the dependencies are installed: a reason that an installation cannot take away would be one at every command, a minute each.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const { whyInstall } = (await import(new URL('../bin/install.mjs', import.meta.url).href)) as {
  whyInstall: (root: string) => string | undefined;
};

describe('the reason to install', () => {
  let root: string;
  const write = (path: string, content: string | object) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const link = (name: string) => symlinkSync(`../../apps/${name}`, join(root, `node_modules/@gatehouse/${name}`));

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'gatehouse-reason-'));
    const packages = {
      '': { name: 'root' },
      'apps/orders': { name: '@gatehouse/orders' },
      'apps/stray': { name: '@gatehouse/stray' },
      'apps/orders/node_modules/zod': { version: '3.0.0' },
      'apps/stray/node_modules/zod': { version: '3.0.0' },
      'node_modules/@gatehouse/orders': { resolved: 'apps/orders', link: true },
      'node_modules/@gatehouse/stray': { resolved: 'apps/stray', link: true },
      'node_modules/zod': { version: '4.0.0' },
    };
    write('package-lock.json', { packages });
    write('node_modules/.package-lock.json', { packages });
    write(`node_modules/node/bin/${process.platform === 'win32' ? 'node.exe' : 'node'}`, '');
    for (const name of ['orders', 'stray']) write(`apps/${name}/package.json`, {});
    mkdirSync(join(root, 'node_modules/@gatehouse'));
    link('orders');
    link('stray');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** What `npm ci` would leave. */
  const installed = (...without: string[]) => {
    const all = { 'node_modules/zod': '4.0.0', 'apps/orders/node_modules/zod': '3.0.0' };
    const packages = Object.entries(all).filter(([path]) => !without.includes(path));
    write('node_modules/.package-lock.json', {
      packages: Object.fromEntries(packages.map(([path, version]) => [path, { version }])),
    });
  };

  it('is none when all is there', () => expect(whyInstall(root)).toBeUndefined());

  it('is not a workspace that is gone: removed by hand, or not on this branch', () => {
    rmSync(join(root, 'apps/stray'), { recursive: true });
    installed();
    expect(whyInstall(root)).toBeUndefined();
    rmSync(join(root, 'node_modules/@gatehouse/stray'));
    expect(whyInstall(root)).toBeUndefined();
    write('apps/stray/dist/index.js', ''); // what git ignores stays
    expect(whyInstall(root)).toBeUndefined();
  });

  it('is a workspace that is there and not linked', () => {
    rmSync(join(root, 'node_modules/@gatehouse/stray'));
    expect(whyInstall(root)).toBe('@gatehouse/stray is not as the lock file says');
  });

  it.each(['node_modules/zod', 'apps/orders/node_modules/zod'])('is %s that is missing', (path) => {
    rmSync(join(root, 'apps/stray'), { recursive: true });
    installed(path);
    expect(whyInstall(root)).toBe('zod is not as the lock file says');
  });
});
