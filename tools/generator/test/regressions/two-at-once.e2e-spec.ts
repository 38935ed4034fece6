// A command that had read the descriptors, and then the derived files that another had written meanwhile: two services had the same ports,
// and the one that was there first was in none of the derived files. Both had said that all was well.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { destroy, make, sync } from '../commands.ts';
import { checkout, scratchWorkspace, write } from '../scratch.workspace.ts';

/** A descriptor that holds who reads it, until he is let go. */
const HELD = `await globalThis.gatehouseHold?.();
export default { name: 'held', description: 'Held.', ports: { https: 8500, http: 8501, management: 8502 } };\n`;

describe('a command that is writing while another reads', () => {
  let root: string;
  let remove: () => void;
  beforeEach(async () => {
    ({ root, remove } = scratchWorkspace());
    write(root, 'apps/held/service.config.ts', HELD);
    expect(await run('sync')).toBe(0);
  });
  afterEach(() => {
    delete (globalThis as Holding).gatehouseHold;
    remove();
  });

  it.each(['service', 'lib'])('does not get the ports or the name of a new service: %s', async (kind) => {
    const slow = await held(() => make(root, kind, { name: kind === 'lib' ? 'alpha' : 'beta' }));
    expect(await run('new', 'service', 'alpha')).toBe(0);
    const { code, error } = await slow.letGo();
    if (kind === 'lib') expect([code, error]).toEqual([2, expect.stringContaining('"alpha" is taken')]);
    else expect([code, portOf('alpha'), portOf('beta')]).toEqual([0, '8444', '8445']);
    await expectDerived();
  });

  it('does not bring back what is destroyed', async () => {
    expect(await run('new', 'service', 'alpha')).toBe(0);
    const slow = await held(() => make(root, 'service', { name: 'beta' }));
    expect(await run('destroy', 'service', 'alpha')).toBe(0);
    expect((await slow.letGo()).code).toBe(0);
    expect(portOf('beta')).toBe('8444'); // the next free one now
    await expectDerived();
  });

  it('is not lost to one that destroys', async () => {
    expect(await run('new', 'service', 'alpha')).toBe(0);
    const destroying = await held(() => destroy(root, 'service', 'alpha'));
    expect(await run('new', 'service', 'beta')).toBe(0);
    expect((await destroying.letGo()).code).toBe(0);
    expect(existsSync(join(root, 'apps/alpha'))).toBe(false);
    await expectDerived();
  });

  it('is not lost to one that derives', async () => {
    write(root, 'docs/services.md', 'old\n');
    const deriving = await held(() => sync(root, false));
    expect(await run('new', 'service', 'beta')).toBe(0);
    write(root, 'docs/services.md', 'old\n');
    expect((await deriving.letGo()).code).toBe(0);
    await expectDerived();
  });

  it('sees a port that was changed meanwhile, though it has read the descriptor before', async () => {
    const slow = await held(() => make(root, 'service', { name: 'beta' }));
    const api = readFileSync(join(root, 'apps/api/service.config.ts'), 'utf8');
    write(root, 'apps/api/service.config.ts', api.replace('8443', '8444'));
    expect((await slow.letGo()).code).toBe(0);
    expect(portOf('beta')).toBe('8445');
  });

  it('refuses a port that was given and is gone, and writes nothing', async () => {
    const slow = await held(() => make(root, 'service', { name: 'beta', httpsPort: '8444' }));
    expect(await run('new', 'service', 'alpha')).toBe(0);
    expect(await slow.letGo()).toMatchObject({
      code: 2,
      error: expect.stringContaining('port 8444 (--https-port) belongs to alpha'),
    });
    expect(existsSync(join(root, 'apps/beta'))).toBe(false);
    await expectDerived();
  });

  /** Begins a command, the first of this process in the workspace, and gives it when it has listed the services. */
  async function held<T>(command: () => Promise<T>): Promise<{ letGo: () => Promise<T> }> {
    const [reached, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    (globalThis as Holding).gatehouseHold = () => {
      reached.resolve();
      return gone.promise;
    };
    const done = command();
    await reached.promise;
    return {
      letGo: () => {
        gone.resolve();
        return done;
      },
    };
  }

  async function run(...argv: string[]): Promise<number> {
    const hook = `--import=${join(checkout, 'tools/cli/swc-hook.mjs')}`;
    const program = fileURLToPath(new URL('../fixtures/command.program.ts', import.meta.url));
    const child = spawn(process.execPath, ['--conditions=@gatehouse/source', hook, program, root, ...argv], {
      stdio: 'ignore',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    return (await once(child, 'exit'))[0] as number;
  }

  const portOf = (name: string) =>
    /https: (\d+)/.exec(readFileSync(join(root, `apps/${name}/service.config.ts`), 'utf8'))?.[1];

  async function expectDerived(): Promise<void> {
    expect(await sync(root, true)).toMatchObject({ code: 0, out: 'All derived files are as derived.\n' });
  }
});

type Holding = typeof globalThis & { gatehouseHold?: () => Promise<void> };
