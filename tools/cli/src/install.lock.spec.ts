// Two commands in a fresh checkout: the second waits for the first's installation, or goes on when that one was killed.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const INSTALL = new URL('../bin/install.mjs', import.meta.url).href;

describe('the lock of the installation', () => {
  let root: string;
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'gatehouse-lock-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  /** Takes the lock, says so, and holds it until its input ends. */
  function holder(): ChildProcess {
    const program = `import { lock } from '${INSTALL}';
      const release = await lock(${JSON.stringify(root)});
      console.log('held');
      process.stdin.resume().on('end', () => { release(); console.log('released'); });`;
    return spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' });
  }
  const next = async (child: ChildProcess, stream: 'stdout' | 'stderr') =>
    String((await once(child[stream] as NonNullable<ChildProcess['stdout']>, 'data'))[0]);

  it('is held by one at a time', async () => {
    const first = holder();
    expect(await next(first, 'stdout')).toBe('held\n');
    const second = holder();
    expect(await next(second, 'stderr')).toMatch(/Another command is installing/);
    first.stdin?.end();
    expect(await next(second, 'stdout')).toBe('held\n');
    second.stdin?.end();
    expect(await next(second, 'stdout')).toBe('released\n');
  });

  it('goes to the next when its holder was killed', async () => {
    const first = holder();
    await next(first, 'stdout');
    first.kill('SIGKILL');
    await once(first, 'exit');
    const second = holder();
    expect(await next(second, 'stdout')).toBe('held\n');
    second.stdin?.end();
    await once(second, 'exit');
  });
});
