import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { takeAway, withLock } from './folder.lock.ts';

describe('a lock', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-lock-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('that cannot be read is refused, rather than asked for ever', async () => {
    await mkdir(file);
    await expect(withLock(file, async () => undefined)).rejects.toThrow(/cannot be read \(EISDIR\): remove it/);
  });

  it('lets one in at a time, and is gone afterwards', async () => {
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
    await withLock(file, async () => undefined, { waitMs: 0 });
  });

  it('says who holds it when the wait is over', async () => {
    await withLock(file, async () => {
      const second = withLock(file, async () => undefined, { waitMs: 0 });
      await expect(second).rejects.toThrow(`process ${process.pid} on ${hostname()} holds ${file}`);
    });
  });

  it('of a dead process is taken over by exactly one of many', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await wait(1);
      inside -= 1;
    };
    for (let round = 0; round < 30; round++) {
      await writeFile(file, `${hostname()} 4194303 ${round}\n`);
      await Promise.all(Array.from({ length: 8 }, () => withLock(file, work)));
      expect(most).toBe(1);
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('of a live process is never away, also for somebody who saw a dead one before', async () => {
    const live = `${hostname()} ${process.pid} x\n`;
    await writeFile(file, live);
    let away = 0;
    let done = false;
    const watching = (async () => {
      for (; !done; await wait(0)) if (!existsSync(file)) away += 1;
    })();
    for (let late = 0; late < 100; late++) await takeAway(file, `${hostname()} 4194303 ${late}\n`, 30_000);
    done = true;
    await watching;
    expect(away).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(live);
  });

  it('of a dead process is taken over though another died while it did so', async () => {
    const dead = `${hostname()} 4194303 x\n`;
    await writeFile(file, dead);
    const right = createHash('sha256').update(dead).digest('hex').slice(0, 16);
    await writeFile(`${file}.${right}`, `${hostname()} 4194302 y\n`);
    await withLock(file, async () => undefined, { waitMs: 5_000 });
    expect(await readdir(folder)).toEqual([]);
  });

  it('shows signs of life, so that long work is not taken over', async () => {
    await withLock(
      file,
      async () => {
        await wait(900);
        expect(Date.now() - (await stat(file)).mtimeMs).toBeLessThan(600);
        await expect(withLock(file, async () => undefined, { waitMs: 0, staleMs: 600 })).rejects.toThrow('holds');
      },
      { staleMs: 600 },
    );
  });
});
