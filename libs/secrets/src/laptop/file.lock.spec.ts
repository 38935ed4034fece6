import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './file.lock.ts';

describe('the lock of the laptop store', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-secrets-lock-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const nothing = async () => undefined;

  it('of a living process says whose it is when the wait is over', async () => {
    await writeFile(file, `${process.ppid} ${hostname()}\n`);
    const message = `process ${process.ppid} on ${hostname()} holds ${file}\n  Wait for it, or end it.`;
    await expect(withLock(file, nothing, { waitMs: 0 })).rejects.toMatchObject({ code: 'laptop-busy', message });
  });

  it('that cannot be read is refused at once', async () => {
    await mkdir(file);
    await expect(withLock(file, nothing)).rejects.toMatchObject({ code: 'laptop-busy' });
    await expect(withLock(file, nothing)).rejects.toThrow(/cannot be read \(EISDIR\)/);
  });

  it('in a folder that is away says what the disk said', async () => {
    await expect(withLock(join(folder, 'gone/lock'), nothing)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
