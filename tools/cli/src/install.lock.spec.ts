// Two commands in a fresh checkout: the second waits for the first's installation, or goes on when that one was killed.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
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

  it('that cannot be read ends the command, rather than to be asked for ever', async () => {
    const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
    const file = join(tmpdir(), `gatehouse-install-${process.getuid?.() ?? 'user'}-${name}.lock`);
    await mkdir(file);
    try {
      const child = holder();
      expect(await next(child, 'stderr')).toMatch(/the lock \S+ cannot be read \(EISDIR\): remove it/);
      await once(child, 'exit');
    } finally {
      await rm(file, { recursive: true });
    }
  });

  it('of a killed command goes to exactly one of many', async () => {
    // a slow disk: what is removed was looked at a while ago
    const program = `import fs, { writeFileSync } from 'node:fs';
      import { spawnSync } from 'node:child_process';
      import { syncBuiltinESMExports } from 'node:module';
      const { rmSync } = fs;
      fs.rmSync = (...all) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random() * 40);
        rmSync(...all);
      };
      syncBuiltinESMExports();
      const { lock } = await import('${INSTALL}');
      const inside = ${JSON.stringify(join(root, 'inside'))};
      const killed = "import { lock } from '${INSTALL}'; await lock(" + JSON.stringify(${JSON.stringify(root)}) + "); process.kill(process.pid, 'SIGKILL')";
      let count = 0;
      for (const end = Date.now() + 4_000; Date.now() < end; count++) {
        const release = await lock(${JSON.stringify(root)});
        writeFileSync(inside, '', { flag: 'wx' });
        fs.rmSync(inside);
        release();
        if (count % 2 === 0) spawnSync(process.execPath, ['--input-type=module', '--eval', killed]);
      }
      console.log('alone ' + count);`;
    const many = Array.from({ length: 8 }, () => {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
      return once(child, 'close').then(() => said.replace(/^Another command.*\n/gm, ''));
    });
    for (const said of await Promise.all(many)) expect(said).toMatch(/^alone [1-9]\d*\n$/);
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
