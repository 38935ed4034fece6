// Generates services for real in a scratch workspace; what they do when they run is the matrix's business.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { destroy, make, sync } from './commands.ts';
import { commit, fingerprint, scratchWorkspace, status, write } from './scratch.workspace.ts';

describe.each(['postgres', 'memory'])('a service with %s', (storage) => {
  let root: string;
  let remove: () => void;
  const text = (path: string) => readFileSync(join(root, path), 'utf8');
  beforeEach(() => ({ root, remove } = scratchWorkspace()));
  afterEach(() => remove());

  it('is made whole, with the next free ports and the derived files', async () => {
    expect((await make(root, 'service', { name: 'orders', storage })).code).toBe(0);
    expect(text('apps/orders/service.config.ts')).toMatch(/https: 8444, http: 8081, management: 9444/);
    expect(text('apps/orders/src/app.module.ts')).toContain('imports: [OrdersModule]');
    expect(text('docs/services.md')).toMatch(/\[orders\].*8444/);
    expect(text('docker/generated/services.yaml')).toContain('- orders.yaml');
    expect(text('docker/generated/orders.yaml')).toContain('127.0.0.1:${ORDERS_HTTPS_PORT:-8444}:8444');
    expect(readdirSync(join(root, 'apps/orders/src/orders'))).toContain('orders.controller.ts');
  });

  it('is thin: at most 150 lines without tests', async () => {
    await make(root, 'service', { name: 'orders', storage });
    const sources = [
      'service.config.ts',
      ...readdirSync(join(root, 'apps/orders/src'), { recursive: true, encoding: 'utf8' }).map((file) => `src/${file}`),
    ];
    const lines = sources
      .filter((file) => file.endsWith('.ts'))
      .map((file) => text(`apps/orders/${file}`).split('\n').length - 1);
    expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(150);
  });

  it('made twice changes nothing, and with other answers is refused', async () => {
    await make(root, 'service', { name: 'orders', storage });
    const before = fingerprint(root);
    expect((await make(root, 'service', { name: 'orders' })).out).toContain('nothing to do');
    const refused = await make(root, 'service', { name: 'orders', httpsPort: '8999' });
    expect(refused).toMatchObject({ code: 2, error: expect.stringContaining('httpsPort is 8444, not 8999') });
    expect(fingerprint(root)).toBe(before);
  });

  it('destroyed leaves a clean git status', async () => {
    await sync(root, false);
    commit(root);
    await make(root, 'service', { name: 'orders', storage });
    await make(root, 'resource', { name: 'invoices', service: 'orders' });
    const { code, out } = await destroy(root, 'service', 'orders');
    expect(code).toBe(0);
    expect(out).toContain('docker compose up --wait --remove-orphans'); // compose does not know its container any more
    expect(status(root)).toBe('');
    expect(existsSync(join(root, 'apps/orders'))).toBe(false);
  });

  it('is not destroyed when files of people would be lost, unless forced', async () => {
    await make(root, 'service', { name: 'orders', storage });
    write(root, 'apps/orders/README.md', 'mine');
    write(root, 'apps/orders/src/mine.ts', 'export const mine = 1;\n');
    const before = fingerprint(root);
    const refused = await destroy(root, 'service', 'orders');
    expect(refused.error).toContain('apps/orders/README.md, apps/orders/src/mine.ts');
    expect(fingerprint(root)).toBe(before);
    expect((await destroy(root, 'service', 'orders', { force: true })).out).toContain('- apps/orders/src/mine.ts');
    expect(existsSync(join(root, 'apps/orders'))).toBe(false);
  });

  it('gets a second resource, and loses it again to the byte', async () => {
    await make(root, 'service', { name: 'orders', storage });
    commit(root);
    expect((await make(root, 'resource', { name: 'invoices', service: 'orders' })).code).toBe(0);
    expect(text('apps/orders/src/app.module.ts')).toContain('imports: [OrdersModule, InvoicesModule]');
    expect((await make(root, 'resource', { name: 'invoices', service: 'orders' })).out).toContain('nothing to do');
    const gone = await destroy(root, 'resource', 'invoices', { service: 'orders' });
    expect(gone.code).toBe(0);
    expect(gone.out.includes('delete .gatehouse/orders')).toBe(storage === 'postgres');
    expect(status(root)).toBe('');
  });

  it('refuses a resource when app.module.ts has no list for it', async () => {
    await make(root, 'service', { name: 'orders', storage });
    write(root, 'apps/orders/src/app.module.ts', 'export class AppModule {}\n');
    const before = fingerprint(root);
    const refused = await make(root, 'resource', { name: 'invoices', service: 'orders' });
    expect(refused).toMatchObject({ code: 2, error: expect.stringContaining('app.module.ts has no Module({ imports') });
    expect(fingerprint(root)).toBe(before);
  });

  it('a second service gets other ports', async () => {
    await make(root, 'service', { name: 'orders', storage });
    await make(root, 'service', { name: 'billing', storage });
    expect(text('apps/billing/service.config.ts')).toMatch(/https: 8445, http: 8082, management: 9445/);
    expect(text('apps/billing/src/app.module.ts')).toContain('ItemsModule');
  });
});
