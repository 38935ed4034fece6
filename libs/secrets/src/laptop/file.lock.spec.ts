import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { takeAway, withLock } from './file.lock.ts';

describe('the lock of the laptop store', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-secrets-lock-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('of a dead process is taken over by exactly one of many', async () => {
    let [inside, most] = [0, 0];
    const work = async () => {
      most = Math.max(most, ++inside);
      await wait(1);
      inside -= 1;
    };
    for (let round = 0; round < 20; round++) {
      await writeFile(file, `${hostname()} 4194303 ${round}`);
      await Promise.all(Array.from({ length: 8 }, () => withLock(file, work)));
      expect([most, await readdir(folder)]).toEqual([1, []]);
    }
  });

  it('of a live process is never away, also for somebody who saw a dead one before', async () => {
    const live = `${hostname()} ${process.pid} x`;
    await writeFile(file, live);
    let [away, done] = [0, false];
    const watching = (async () => {
      for (; !done; await wait(0)) if (!existsSync(file)) away += 1;
    })();
    for (let late = 0; late < 100; late++) await takeAway(file, `${hostname()} 4194303 ${late}`);
    done = true;
    await watching;
    expect([away, await readFile(file, 'utf8')]).toEqual([0, live]);
  });
});
