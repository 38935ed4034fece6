// Two starts at once, as root: the folder of the one must not look like somebody else's to the other.
import { lstat, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverIdentity } from './identity.ts';
import { ownFolder } from './places.ts';

describe('a folder of the server', () => {
  let parent: string;
  beforeEach(async () => void (parent = await mkdtemp(join(tmpdir(), 'gatehouse-places-'))));
  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('is made by many at once, and belongs to its user whenever it is looked at', async () => {
    const identity = serverIdentity(join(parent, 'none'));
    for (let round = 0; round < 20; round++) {
      const folder = join(parent, String(round));
      await Promise.all(Array.from({ length: 8 }, () => ownFolder(folder, identity)));
      const { uid, mode } = await lstat(folder);
      expect([uid, mode & 0o777]).toEqual([identity?.uid ?? process.getuid?.(), 0o700]);
    }
    expect((await readdir(parent)).length).toBe(20);
  });

  it('is refused when it is a link', async () => {
    await symlink(parent, join(parent, 'link'));
    await expect(ownFolder(join(parent, 'link'), undefined)).rejects.toThrow('belongs to another user');
  });
});
