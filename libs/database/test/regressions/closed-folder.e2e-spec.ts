// Started as root, the server runs as another user. A folder above the data that was closed to others later made the start delete the
// data and begin afresh elsewhere.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { openDatabase } from '../../src/index.ts';

const asRoot = process.getuid?.() === 0;

(asRoot ? describe : describe.skip)(
  'data below a folder that was closed (skipped: only root starts it as another)',
  () => {
    let parent: string;
    beforeEach(async () => void (parent = await mkdtemp(join(tmpdir(), 'gatehouse-closed-'))));
    afterEach(() => rm(parent, { recursive: true, force: true }));

    const open = () =>
      openDatabase({}, { service: 'orders', stateFolder: join(parent, 'state'), production: false, env: {} });

    it('are kept: the start is refused with what to do', async () => {
      await chmod(parent, 0o755);
      const first = await open();
      await sql`create table kept as select 42 as value`.execute(first.kysely);
      await first.close();
      await chmod(parent, 0o700);
      await expect(open()).rejects.toThrow(/holds data, and .*\n.*chmod o\+x/);
      await chmod(parent, 0o755);
      const again = await open();
      expect((await sql`select value from kept`.execute(again.kysely)).rows).toEqual([{ value: 42 }]);
      await again.close();
    });
  },
);
