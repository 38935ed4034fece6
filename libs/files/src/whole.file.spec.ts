// What is written is private and whole, also where the file system has no hard links.
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFile, privateFolder, replaceFile } from './whole.file.ts';

describe('a file', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-files-'));
    file = join(folder, 'key');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  it('is made by one of many, private, and stays as that one wrote it', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, (_, nth) => createFile(file, `${nth}`)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await readFile(file, 'utf8')).toBe(String(made.indexOf(true)));
    expect([await modeOf(file), await readdir(folder)]).toEqual([0o600, ['key']]);
  });

  it('is replaced as a whole: who has the old one open keeps it, and it is private from then on', async () => {
    await writeFile(file, 'old', { mode: 0o644 });
    await link(file, `${file}-before`);
    await replaceFile(file, 'new');
    expect([await readFile(file, 'utf8'), await readFile(`${file}-before`, 'utf8')]).toEqual(['new', 'old']);
    expect(await modeOf(file)).toBe(0o600);
  });

  it('is replaced where a link was, and not where that led', async () => {
    await writeFile(join(folder, 'other'), 'of somebody else');
    await symlink('other', file);
    await replaceFile(file, 'new');
    expect(await readFile(join(folder, 'other'), 'utf8')).toBe('of somebody else');
  });

  it('leaves nothing behind when it cannot be written', async () => {
    await mkdir(file);
    await writeFile(join(file, 'inside'), '');
    await expect(replaceFile(file, 'new')).rejects.toMatchObject({ code: 'EISDIR' });
    expect([await createFile(file, 'new'), await readdir(folder)]).toEqual([false, ['key']]);
  });

  it('takes with it what an interrupted write of it left, and nothing else', async () => {
    const names = ['key.0123456789ab.tmp', 'key.ab0123456789.tmp', 'keys.0123456789ab.tmp', 'key.mine.tmp'];
    for (const name of names) await writeFile(join(folder, name), 'left');
    for (const name of names.filter((name) => !name.startsWith('key.ab')))
      await utimes(join(folder, name), 1_000, 1_000);
    await replaceFile(file, 'new');
    expect((await readdir(folder)).toSorted()).toEqual(['key', ...names.slice(1)].toSorted());
  });

  it('has a folder that only its owner enters, also when there was another', async () => {
    const [fresh, open] = [join(folder, 'a/b'), join(folder, 'open')];
    await mkdir(open);
    await chmod(open, 0o755);
    for (const one of [fresh, open]) await privateFolder(one);
    expect([await modeOf(fresh), await modeOf(open)]).toEqual([0o700, 0o700]);
  });
});
