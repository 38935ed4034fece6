// Data folders copied from a template, as the tests of a workspace have them: each its own, and from nobody else's folder.
import { chmod, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { openDatabase } from '../src/index.ts';

describe('an embedded database from a template', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-template-'));
    await chmod(folder, 0o711); // started as root, the server runs as another user
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = (state: string, template = join(folder, 'template')) =>
    openDatabase(
      {},
      {
        service: 'orders',
        stateFolder: join(folder, state),
        production: false,
        env: { GATEHOUSE_DATABASE_TEMPLATE: template },
      },
    );

  it('is made once, also by two starts at once, and what one writes no other has', async () => {
    const [first, second] = await Promise.all([open('one'), open('two')]);
    await sql`create table kept as select 42 as value`.execute(first.kysely);
    await expect(sql`select * from kept`.execute(second.kysely)).rejects.toThrow('does not exist');
    await Promise.all([first.close(), second.close()]);
    const third = await open('three');
    await expect(sql`select * from kept`.execute(third.kysely)).rejects.toThrow('does not exist');
    await third.close();
    expect(await readdir(join(folder, 'template'))).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/)]);
  });

  it('is refused where the template is a link', async () => {
    await mkdir(join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'link'));
    await expect(open('one', join(folder, 'link'))).rejects.toThrow(/link/);
  });
});
