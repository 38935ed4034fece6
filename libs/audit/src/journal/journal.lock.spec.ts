// Processes that find the lock of a dead one at the same moment: one of them gets in, and nobody beside a living one.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lockJournal, takeAway } from './journal.lock.ts';

/** Takes the lock of its folder as often as it can, says when it is not alone in there, and leaves a dead owner's lock behind each time. */
const CONTENDER = `
  import { lockJournal } from '${new URL('./journal.lock.ts', import.meta.url).href}';
  import { open, unlink, writeFile } from 'node:fs/promises';
  import { hostname } from 'node:os';
  const folder = process.argv[1];
  process.stdout.write('ready\\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (const end = Date.now() + 3_000; Date.now() < end;) {
    try {
      const lock = await lockJournal(folder);
      const inside = await open(folder + '/inside', 'wx').catch(() => undefined);
      process.stdout.write(inside ? 'in\\n' : 'BESIDE ANOTHER\\n');
      await inside?.close();
      if (inside) await unlink(folder + '/inside');
      await lock.release();
      await writeFile(folder + '/lock', 5_000_000 + Math.floor(Math.random() * 1e9) + ' ' + hostname(), { flag: 'wx' }).catch(() => undefined);
    } catch (error) {
      if (error.code !== 'journal-busy') process.stdout.write(error.message + '\\n');
    }
  }
  process.exit();`;

describe('the lock of a journal', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-journal-lock-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('of a dead process is taken over by exactly one of many processes', async () => {
    const hook = new URL('../../../../tools/cli/swc-hook.mjs', import.meta.url).href;
    const argv = ['--conditions=@gatehouse/source', `--import=${hook}`, '--input-type=module', '-e', CONTENDER, folder];
    const contenders = Array.from({ length: 6 }, () => {
      const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
      let said = '';
      const ready = Promise.withResolvers<void>();
      child.stdout.on('data', (chunk) => {
        said += String(chunk);
        if (said.includes('ready')) ready.resolve();
      });
      const ended = new Promise<string>((resolve) => child.on('close', () => resolve(said.replace('ready\n', ''))));
      return { child, ready: ready.promise, ended };
    });
    await Promise.all(contenders.map(({ ready }) => ready));
    for (const { child } of contenders) child.stdin.end('go\n');
    const said = (await Promise.all(contenders.map(({ ended }) => ended))).flatMap((text) => text.trim().split('\n'));
    expect(said.filter((word) => word === 'in').length).toBeGreaterThan(50);
    expect(said.filter((word) => word !== 'in')).toEqual([]);
    expect((await readdir(folder)).filter((name) => name !== 'lock')).toEqual([]);
  }, 60_000);

  it('of a living process is never away, also for somebody who saw a dead one before', async () => {
    const lock = await lockJournal(folder);
    const living = await readFile(file, 'utf8');
    let [away, done] = [0, false];
    const watching = (async () => {
      for (; !done; await wait(0)) if (!existsSync(file)) away += 1;
    })();
    for (let late = 0; late < 100; late++) await takeAway(file, `${5_000_000 + late} ${hostname()}\n`);
    done = true;
    await watching;
    expect([away, await readFile(file, 'utf8')]).toEqual([0, living]);
    await lock.release();
  });

  it('that cannot be read refuses the start, rather than to be asked for ever', async () => {
    await mkdir(file);
    await expect(lockJournal(folder)).rejects.toThrow(/lock cannot be read \(EISDIR\). Remove it/);
  });

  it('is one for all names of the folder', async () => {
    const other = `${folder}-other`;
    await symlink(folder, other);
    const lock = await lockJournal(folder);
    await expect(lockJournal(other)).rejects.toMatchObject({ code: 'journal-busy' });
    await expect(lockJournal(`${folder}/.`)).rejects.toMatchObject({ code: 'journal-busy' });
    await lock.release();
    await rm(other);
  });

  it('of another machine is watched, however old its clock says it is, and a living one stays in', async () => {
    await writeFile(file, `1 elsewhere pid:[1] x\n`);
    const year = (ago: number) => utimes(file, ago, ago);
    await year(1_000);
    let sign = 1_000;
    const living = setInterval(() => void year((sign += 2)), 500);
    try {
      await expect(lockJournal(folder)).rejects.toThrow('process 1 on elsewhere writes');
    } finally {
      clearInterval(living);
    }
    expect(await readFile(file, 'utf8')).toContain('elsewhere');
  }, 30_000);

  it('of a container that has name and process number of this one is not taken for its own', async () => {
    await writeFile(file, `${process.pid} ${hostname()} pid:[1] x\n`);
    const living = setInterval(() => void utimes(file, new Date(), new Date()), 500);
    try {
      await expect(lockJournal(folder)).rejects.toMatchObject({ code: 'journal-busy' });
    } finally {
      clearInterval(living);
    }
  }, 30_000);

  it('of a machine that is gone is taken over after it was watched, and says whose it is then', async () => {
    await writeFile(file, `1 elsewhere pid:[1] x\n`);
    await utimes(file, 1_000, 1_000);
    const lock = await lockJournal(folder);
    expect(await lock.isOurs()).toBe(true);
    await rm(file);
    expect(await lock.isOurs()).toBe(true); // made again
    await writeFile(file, `1 elsewhere pid:[1] y\n`);
    expect(await lock.isOurs()).toBe(false);
    await lock.release();
    expect(await readFile(file, 'utf8')).toContain('elsewhere'); // his stays
  }, 30_000);
});
