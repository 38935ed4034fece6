import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { withLock } from './folder.lock.ts';

describe('a lock', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-lock-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

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
    await writeFile(file, `${hostname()} 4194303 x\n`);
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await wait(2);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(file, work)));
    expect(most).toBe(1);
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
