import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockJournal } from './journal.lock.ts';

describe('the lock of a journal', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-journal-lock-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('that cannot be read refuses the start, rather than to be asked for ever', async () => {
    await mkdir(file);
    await expect(lockJournal(folder)).rejects.toThrow(/lock cannot be read \(EISDIR\). Remove it/);
  });

  it('of another machine that is alive is not taken, and says whose it is', async () => {
    await writeFile(file, `1 elsewhere pid:[1] x\n`);
    let sign = 1_000;
    const living = setInterval(() => void utimes(file, (sign += 2), sign), 500);
    try {
      await expect(lockJournal(folder)).rejects.toMatchObject({
        code: 'journal-busy',
        message: expect.stringContaining('process 1 on elsewhere writes'),
      });
    } finally {
      clearInterval(living);
    }
  });

  it('in a folder that is away says what the disk said', async () => {
    await expect(lockJournal(join(folder, 'gone'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
