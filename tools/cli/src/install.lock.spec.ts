// Two commands in a fresh checkout: the second waits for the first's installation, or goes on when that one was killed.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const INSTALL = new URL('../bin/install.mjs', import.meta.url).href;

/** The lock file of a checkout. */
function lockOf(root: string): string {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return join(tmpdir(), `gatehouse-install-${process.getuid?.() ?? 'user'}-${name}.lock`);
}

describe('the lock of the installation', () => {
  let root: string;
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'gatehouse-lock-'))));
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
    const left = (await readdir(tmpdir())).filter((name) => name.startsWith(basename(lockOf(root))));
    for (const name of left) await rm(join(tmpdir(), name), { recursive: true });
  });

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

  it('that cannot be read ends the command, rather than to be asked for ever', async () => {
    await mkdir(lockOf(root));
    const child = holder();
    expect(await next(child, 'stderr')).toMatch(/the lock \S+ cannot be read \(EISDIR\): remove it/);
    await once(child, 'exit');
  });

  it('of a killed command goes to exactly one of many, also when another was killed while he took it over', async () => {
    // a slow disk: what is removed was looked at a while ago; and somebody who asks often
    const program = `import fs from 'node:fs';
      import { createHash } from 'node:crypto';
      import { syncBuiltinESMExports } from 'node:module';
      import timers from 'node:timers/promises';
      const { rmSync, writeFileSync } = fs;
      const { setTimeout: wait } = timers;
      fs.rmSync = (...all) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random() * 40);
        rmSync(...all);
      };
      timers.setTimeout = () => wait(Math.random() * 30);
      syncBuiltinESMExports();
      const { lock } = await import('${INSTALL}');
      const [root, file] = ${JSON.stringify([root, lockOf(root)])};
      const dead = () => 5_000_000 + Math.floor(Math.random() * 1e9) + ' x';
      let count = 0;
      for (const end = Date.now() + 4_000; Date.now() < end; count++) {
        const release = await lock(root);
        writeFileSync(root + '/inside', '', { flag: 'wx' });
        await wait(30);
        rmSync(root + '/inside');
        const left = dead();
        writeFileSync(file + '.' + createHash('sha256').update(left).digest('hex').slice(0, 16), dead());
        writeFileSync(file, left);
        release(); // which leaves what is not its own
      }
      console.log('alone ' + count);`;
    const many = Array.from({ length: 8 }, () => {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
      return once(child, 'close').then(() => said.replace(/^Another command.*\n/gm, ''));
    });
    const said = await Promise.all(many);
    for (const one of said) expect(one).toMatch(/^alone \d+\n$/);
    expect(said.reduce((sum, one) => sum + Number(one.slice('alone '.length)), 0)).toBeGreaterThan(10);
  }, 60_000);

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
