import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Generated } from 'kysely';
import { openDatabase, serializable, type Database } from '../src/index.ts';
import { migrations } from './fixtures/migrations.ts';

interface Tables {
  notes: { id: Generated<number>; text: string; n: Generated<number> };
}

describe('serializable', () => {
  let database: Database;
  let stateFolder: string;
  beforeAll(async () => {
    stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-db-'));
    database = await openDatabase({ migrations }, { service: 'orders', stateFolder, production: false, env: {} });
  }, 30_000);
  afterAll(async () => {
    await database.close();
    await rm(stateFolder, { recursive: true, force: true });
  });

  it('loses no update of forty that read and then write the same row', async () => {
    const db = database.as<Tables>();
    const { id } = await db.insertInto('notes').values({ text: 'counter' }).returning('id').executeTakeFirstOrThrow();
    const increment = () =>
      serializable(db, async (tx) => {
        const { n } = await tx.selectFrom('notes').select('n').where('id', '=', id).executeTakeFirstOrThrow();
        await tx
          .updateTable('notes')
          .set({ n: n + 1 })
          .where('id', '=', id)
          .execute();
      });
    await Promise.all(Array.from({ length: 40 }, increment));
    const { n } = await db.selectFrom('notes').select('n').where('id', '=', id).executeTakeFirstOrThrow();
    expect(n).toBe(40);
  });

  it('leaves nothing when the work throws', async () => {
    const db = database.as<Tables>();
    const failing = serializable(db, async (tx) => {
      await tx.insertInto('notes').values({ text: 'half' }).execute();
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.selectFrom('notes').select('id').where('text', '=', 'half').execute()).toEqual([]);
  });

  it('refuses a bigint that a number cannot hold', async () => {
    const db = database.as<Tables>();
    await db
      .insertInto('notes')
      .values({ text: 'huge', n: '9007199254740993' as never })
      .execute();
    await expect(db.selectFrom('notes').selectAll().where('text', '=', 'huge').execute()).rejects.toThrow('2^53');
  });

  it('answers 422 for a text with U+0000', async () => {
    const insert = database.as<Tables>().insertInto('notes').values({ text: 'a\u0000b' }).execute();
    await expect(insert).rejects.toMatchObject({ code: 'validation-failed' });
  });
});
