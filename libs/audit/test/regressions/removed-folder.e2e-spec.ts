// Who could write the folder removed the file that was being written: the process went on writing into a file without a name, answered
// as if all was well, and nobody found it again. Now it is unavailable until the file is back where it was.
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { queryEvents, verifyJournal } from '../../src/index.ts';
import { newFolder, openJournal, removeFolders, until, writer } from '../fixtures/folder.ts';

afterAll(removeFolders);

describe('while a journal is written', () => {
  it.each([
    ['its folder is moved away', (folder: string) => rename(folder, `${folder}-moved`)],
    [
      'its folder is replaced by a link to another',
      async (folder: string) => {
        await rename(folder, `${folder}-moved`);
        await mkdir(`${folder}-other`);
        await symlink(`${folder}-other`, folder);
      },
    ],
    [
      'its file is replaced by a copy',
      async (folder: string) => {
        const file = join(folder, '00000001.journal');
        const bytes = await readFile(file);
        await mkdir(`${folder}-moved`);
        await rename(file, join(`${folder}-moved`, '00000001.journal'));
        await writeFile(file, bytes);
      },
    ],
  ])('and %s, nothing is written down until it is back, and then nothing is missing', async (_what, remove) => {
    const folder = await newFolder();
    const journal = await openJournal(folder);
    const write = writer(journal);
    await write('before');
    await remove(folder);
    await until(() => journal.unavailable !== undefined);
    await expect(write('while')).rejects.toMatchObject({
      code: 'journal-unwritable',
      message: expect.stringContaining('was removed or replaced'),
    });
    const moved = join(`${folder}-moved`, '00000001.journal');
    if (_what.includes('file')) await rename(moved, join(folder, '00000001.journal'));
    else {
      await rm(folder, { recursive: true, force: true });
      await rename(`${folder}-moved`, folder);
    }
    await until(() => journal.unavailable === undefined);
    await write('after');
    await journal.close();
    const found: string[] = [];
    for await (const { metadata } of queryEvents(folder)) found.push(metadata.uid);
    expect(['before', 'while', 'after'].filter((id) => !found.includes(id))).toEqual([]);
    expect((await verifyJournal(folder)).finding).toBeUndefined();
    for (const left of ['-moved', '-other']) await rm(`${folder}${left}`, { recursive: true, force: true });
  });

  it('and its lock is taken by another process, it stops before two write the same number', async () => {
    const folder = await newFolder();
    const journal = await openJournal(folder);
    await rm(join(folder, 'lock'));
    await writeFile(join(folder, 'lock'), '1 elsewhere pid:[1] x\n');
    await until(() => journal.unavailable !== undefined);
    await expect(writer(journal)('beside')).rejects.toThrow('another process has taken the lock');
    await journal.close();
    expect(await readFile(join(folder, 'lock'), 'utf8')).toContain('elsewhere');
  });
});
