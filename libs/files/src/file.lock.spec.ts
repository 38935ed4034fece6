// Processes that find the lock of a dead one at the same moment: one of them gets in, and nobody beside a living one.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lockFile, takeAway, withLock } from './file.lock.ts';

/**
 * Takes the lock as often as it can on a slow disk, says when it is not alone in there, and leaves a dead owner's lock behind each time,
 * and that of another who died while he took it away.
 */
const CONTENDER = `
  import fs from 'node:fs/promises';
  import { createHash } from 'node:crypto';
  import { hostname } from 'node:os';
  import { syncBuiltinESMExports } from 'node:module';
  const [file] = process.argv.slice(1);
  const { unlink, rm, open, writeFile } = fs;
  const link = file.endsWith('linkless') ? () => Promise.reject(Object.assign(new Error(), { code: 'EPERM' })) : fs.link;
  const slowly = (call) => async (...all) => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
    return call(...all);
  };
  Object.assign(fs, { link, unlink: slowly(unlink), rm: slowly(rm) });
  syncBuiltinESMExports();
  const { lockFile } = await import('${new URL('./file.lock.ts', import.meta.url).href}');
  const dead = () => 5_000_000 + Math.floor(Math.random() * 1e9) + ' ' + hostname();
  process.stdout.write('ready\\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (const end = Date.now() + 3_000; Date.now() < end;) {
    const lock = await lockFile(file, { waitMs: 60_000 });
    const inside = await open(file + '-inside', 'wx').catch(() => undefined);
    process.stdout.write(inside ? 'in\\n' : 'BESIDE ANOTHER\\n');
    await inside?.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (inside) await unlink(file + '-inside');
    const left = dead();
    const right = file + '.' + createHash('sha256').update(left).digest('hex').slice(0, 16);
    await writeFile(right, dead());
    await writeFile(file, left);
    await lock.release(); // which leaves what is not its own
  }
  process.exit();`;

describe('a lock', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-lock-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const nothing = async () => undefined;
  const rightFor = (owner: string) => `${file}.${createHash('sha256').update(owner).digest('hex').slice(0, 16)}`;
  const dead = (nth: number) => `${5_000_000 + nth} ${hostname()}\n`;
  /** Signs of life that come from a clock of their own. */
  const living = () => {
    let at = 1_000;
    const timer = setInterval(() => void utimes(file, (at += 2), at), 500);
    return () => clearInterval(timer);
  };

  it('lets one in at a time, also behind a dead one, and is gone afterwards', async () => {
    await writeFile(file, dead(1));
    let inside = 0;
    const work = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await wait(5);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(file, work)));
    expect(await readdir(folder)).toEqual([]);
  });

  it('is given back when the work fails', async () => {
    await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await withLock(file, nothing, { waitMs: 0 });
  });

  it.each(['lock', 'linkless'])(
    'of the dead goes to one of many, also when others die meanwhile: %s',
    async (name) => {
      const hook = new URL('../../../tools/cli/swc-hook.mjs', import.meta.url).href;
      const argv = ['--conditions=@gatehouse/source', `--import=${hook}`, '--input-type=module', '-e', CONTENDER];
      argv.push(join(folder, name));
      const contenders = Array.from({ length: 8 }, () => {
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
      expect(said.filter((word) => word === 'in').length).toBeGreaterThan(20);
      expect(said.filter((word) => word !== 'in' && word !== '')).toEqual([]);
    },
    60_000,
  );

  it('of a living process is never away, also for somebody who saw a dead one before', async () => {
    const lock = await lockFile(file);
    const held = await readFile(file, 'utf8');
    let [away, done] = [0, false];
    const watching = (async () => {
      for (; !done; await wait(0)) if (!existsSync(file)) away += 1;
    })();
    for (let late = 0; late < 100; late++) await takeAway(file, dead(late), held, new Map());
    done = true;
    await watching;
    expect([away, await readFile(file, 'utf8')]).toEqual([0, held]);
    await lock.release();
  });

  it('of a dead process is taken over though others died while they did so, and nothing stays of them', async () => {
    await writeFile(file, dead(1));
    await writeFile(rightFor(dead(1)), dead(2));
    await writeFile(`${file}.0123456789ab.tmp`, dead(3));
    await writeFile(`${file}.0123456789abcdef`, dead(3));
    for (const left of ['0123456789ab.tmp', '0123456789abcdef']) await utimes(`${file}.${left}`, 1_000, 1_000);
    await withLock(file, nothing, { waitMs: 5_000 });
    expect(await readdir(folder)).toEqual([]);
  });

  it('of a process whose number another has by now is taken over', async () => {
    if (process.platform !== 'linux') return console.log('skipped: only Linux says when a process began');
    const lock = await lockFile(file);
    const [pid, host, namespace, word, began] = (await readFile(file, 'utf8')).trim().split(' ');
    await lock.release();
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'latin1');
    const itsOwn = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    await writeFile(file, `${process.ppid} ${host} ${namespace} ${word} ${itsOwn}\n`);
    await expect(withLock(file, nothing, { waitMs: 0 })).rejects.toThrow(`process ${process.ppid} holds ${file}`);
    await writeFile(file, `${process.ppid} ${host} ${namespace} ${word} ${itsOwn - 1}\n`);
    await withLock(file, nothing, { waitMs: 0 });
    await writeFile(file, `${pid} ${host} ${namespace} ${word} ${Number(began) - 1}\n`); // a container's process 1
    await withLock(file, nothing, { waitMs: 0 });
  });

  it('of a process that ended and was not waited for is taken over', async () => {
    if (process.platform !== 'linux') return console.log('skipped: only Linux says that a process has ended so');
    const shell = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const pid = String(await new Promise((resolve) => shell.stdout.once('data', resolve))).trim();
    while (!/\) Z /.test(await readFile(`/proc/${pid}/stat`, 'latin1'))) await wait(5);
    await writeFile(file, `${pid} ${hostname()}\n`);
    await withLock(file, nothing, { waitMs: 0 });
    shell.kill();
  });

  it('shows signs of life, so that long work is not taken over', async () => {
    await withLock(file, async () => {
      await utimes(file, 1_000, 1_000);
      while ((await stat(file)).mtimeMs === 1_000_000) await wait(50);
    });
  });

  it('is one for all names of its folder', async () => {
    const other = `${folder}-other`;
    await symlink(folder, other);
    const lock = await lockFile(file);
    for (const name of [other, `${folder}/.`]) {
      const second = lockFile(`${name}/lock`, { waitMs: 0 });
      await expect(second).rejects.toMatchObject({ problem: 'held', holder: { name: 'this process' } });
    }
    await lock.release();
    await rm(other);
  });

  it('of another machine is watched, however old its clock says it is, and a living one stays in', async () => {
    await writeFile(file, '1 elsewhere pid:[1] x\n');
    await utimes(file, 1_000, 1_000);
    const end = living();
    await expect(lockFile(file, { waitMs: 0 })).rejects.toThrow('process 1 on elsewhere holds');
    end();
    expect(await readFile(file, 'utf8')).toContain('elsewhere');
  });

  it('of a container that has name and process number of this one is not taken for its own', async () => {
    await writeFile(file, `${process.pid} ${hostname()} pid:[1] x\n`);
    const end = living();
    await expect(lockFile(file, { waitMs: 0 })).rejects.toMatchObject({ problem: 'held' });
    end();
  });

  it('that shows no sign of life is taken over after it was watched, whatever it says', async () => {
    const texts = ['1 elsewhere pid:[1] x\n', '', 'no lock of ours'];
    const watched = texts.map(async (text, nth) => {
      const [own, his] = [`${file}${nth}`, '1 elsewhere pid:[1] y\n'];
      await writeFile(own, text);
      await utimes(own, 1_000, 1_000);
      const lock = await lockFile(own, { waitMs: 0 });
      expect(await lock.isOurs()).toBe(true);
      await rm(own);
      expect(await lock.isOurs()).toBe(true); // made again
      await writeFile(own, his);
      expect(await lock.isOurs()).toBe(false);
      await lock.release();
      expect(await readFile(own, 'utf8')).toBe(his);
      await rm(own);
      expect(await lock.isOurs()).toBe(false); // it was given back
    });
    await Promise.all(watched);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not waited for by somebody who is told to end', async () => {
    await writeFile(file, '1 elsewhere pid:[1] x\n');
    const ending = new AbortController();
    const waiting = expect(withLock(file, nothing, { signal: ending.signal })).rejects.toMatchObject({
      problem: 'held',
    });
    ending.abort();
    await waiting;
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['a folder', 'EISDIR', () => mkdir(file)],
    ['a link that leads nowhere', 'ELOOP', () => symlink(`${file}-gone`, file)],
    ['dead, and taken away by a folder', 'EISDIR', () => writeFile(file, dead(1)).then(() => mkdir(rightFor(dead(1))))],
  ])('that is %s is refused, rather than asked for ever', async (_what, code, make) => {
    await make();
    await expect(withLock(file, nothing)).rejects.toMatchObject({ problem: 'unreadable', cause: { code } });
  });

  it.each([
    ['that is not there', 'ENOENT', 'gone/lock'],
    ['that is a file', 'ENOTDIR', 'file/lock'],
  ])('in a folder %s says so', async (_what, code, name) => {
    await writeFile(join(folder, 'file'), '');
    const failed = withLock(join(folder, name), nothing);
    await expect(failed).rejects.toMatchObject({ problem: 'unwritable', cause: { code } });
  });
});
