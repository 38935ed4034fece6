import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { LockHeldError, withLock } from './folder.lock.ts';
import { TlsError } from './tls.error.ts';

describe('a lock', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-lock-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const nothing = async () => undefined;

  it('that cannot be read is refused, rather than asked for ever', async () => {
    await mkdir(file);
    await expect(withLock(file, nothing)).rejects.toThrow(/cannot be read \(EISDIR\): remove it/);
  });

  it('that cannot be made says so', async () => {
    const failed = withLock(join(folder, 'gone/lock'), nothing);
    await expect(failed).rejects.toThrow(/cannot be made \(ENOENT\): give this user/);
    await expect(failed).rejects.toThrow(TlsError);
  });

  it('says who holds it when the wait is over', async () => {
    await withLock(file, async () => {
      const second = withLock(file, nothing, { waitMs: 0 });
      await expect(second).rejects.toThrow(`process ${process.pid} on ${hostname()} holds ${file}`);
      await expect(second).rejects.toThrow(LockHeldError);
    });
  });

  it('hands on what the work throws', async () => {
    await expect(withLock(file, () => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
  });
});
