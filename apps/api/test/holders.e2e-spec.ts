// The holder's name at rest: nothing of it can be read in the database, nor moved between rows, and it is found all the same; through
// rotations of the keys, and in rows from before there was encryption.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { Database } from '@gatehouse/database';
import { defineService } from '@gatehouse/service';
import { startForTest, type TestService, writeBuiltInKeys } from '@gatehouse/service/testing';
import { type Kysely, sql } from 'kysely';
import service from '../service.config.ts';
import { AppModule } from '../src/app.module.ts';
import { ledgerMigrations } from '../src/ledger/ledger.migrations.ts';
import type { LedgerTables } from '../src/ledger/ledger.tables.ts';

const NAME = 'Ada Löve-Canary';
const OLD_ID = '00000000-0000-4000-8000-00000000000a';
const embedded = process.env.GATEHOUSE_DATABASE_URL === undefined;

/** The database itself, as who steals it sees it. */
let stolen: Kysely<LedgerTables>;

@Module({ imports: [AppModule] })
class WithDatabase {
  constructor(database: Database) {
    stolen = database.as<LedgerTables>();
  }
}

@Module({})
class DatabaseAlone {
  constructor(database: Database) {
    stolen = database.as<LedgerTables>();
  }
}

const before = defineService({
  ...service,
  database: { migrations: { '0001-create-ledger': ledgerMigrations['0001-create-ledger'] } },
});

(embedded ? describe : describe.skip)(
  'the holder of an account (skipped with GATEHOUSE_DATABASE_URL: that server is not ours)',
  () => {
    let folder: string;
    let stateFolder: string;
    let api: TestService;
    const keys = [newKey()];

    const writeKeys = () => writeFile(join(folder, 'holderKeys'), JSON.stringify(keys), { mode: 0o600 });
    const start = (app: typeof WithDatabase, descriptor = service) => {
      const env = { ...process.env, GATEHOUSE_SECRETS_FOLDER: folder };
      return startForTest(app, descriptor, { stateFolder, env, secretStore: { pollSeconds: 1 } });
    };
    const create = async (holder: string) =>
      (await api.call('POST', '/v1/accounts', { body: { holder, currency: 'EUR' } })).body.id as string;
    const find = async (holder: string) => {
      const { body } = await api.call('GET', `/v1/accounts?limit=100&holder=${encodeURIComponent(holder)}`);
      return (body.items as { id: string; holder: string }[]).map((account) => `${account.id} ${account.holder}`);
    };
    const restart = async () => {
      await api.close();
      api = await start(WithDatabase);
    };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'gatehouse-holders-'));
      stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-holders-state-'));
      await writeKeys();
      await writeBuiltInKeys(service, folder);
      const plain = await start(DatabaseAlone, before);
      await sql`insert into accounts (id, holder, currency) values (${OLD_ID}, ${NAME}, 'EUR')`.execute(stolen);
      await plain.close();
      api = await start(WithDatabase);
      // Who steals a database is held back by no policy of it.
      await sql`alter table accounts no force row level security`.execute(stolen);
      const owner = `${api.issuer.issuer}|tester`;
      await sql`update accounts set tenant = 'default', owner = ${owner}`.execute(stolen);
    }, 60_000);
    afterAll(async () => {
      await api?.close();
      for (const path of [folder, stateFolder, `${stateFolder}.key`]) await rm(path, { recursive: true, force: true });
    });

    it('of a row from before is encrypted by the migration, and stays readable', async () => {
      expect((await api.call('GET', `/v1/accounts/${OLD_ID}`)).body).toMatchObject({ holder: NAME, version: 1 });
      expect(await find(NAME)).toEqual([`${OLD_ID} ${NAME}`]);
    });

    it('cannot be read in the database, in any spelling', async () => {
      await create(NAME);
      await api.call('PATCH', `/v1/accounts/${OLD_ID}`, { headers: { 'if-match': '"1"' }, body: { holder: NAME } });
      const { rows } = await sql<{ text: string }>`select row_to_json(accounts)::text as text from accounts`.execute(
        stolen,
      );
      const text = rows.map((row) => row.text).join('\n');
      expect(rows).toHaveLength(2);
      for (const form of ['utf8', 'base64', 'base64url', 'hex'] as const)
        expect(text).not.toContain(Buffer.from(NAME).toString(form).replace(/=+$/, ''));
      expect(text).not.toMatch(/Ada|Canary/);
    });

    it('differs from row to row for the same name', async () => {
      await Promise.all([create('Same Name'), create('Same Name')]);
      const rows = await stolen.selectFrom('accounts').select('holder').execute();
      expect(new Set(rows.map(({ holder }) => holder)).size).toBe(rows.length);
    });

    it('is refused when its ciphertext was copied to another row, and the answer says nothing of it', async () => {
      const [one, other] = [await create('Victim'), await create('Attacker')];
      const [from] = await stolen.selectFrom('accounts').select(['holder']).where('id', '=', one).execute();
      await stolen.updateTable('accounts').set({ holder: from?.holder }).where('id', '=', other).execute();
      const { status, text } = await api.call('GET', `/v1/accounts/${other}`);
      expect(status).toBe(500);
      expect(text).not.toMatch(/Victim|holder|cipher/);
      expect((await api.call('GET', `/v1/accounts/${one}`)).body.holder).toBe('Victim');
      await stolen.deleteFrom('accounts').where('id', '=', other).execute();
    });

    it('is refused by the database itself in clear', async () => {
      const insert = sql`insert into accounts (tenant, owner, holder, holder_index, currency) values ('a', 'b', 'Ada', 'x', 'EUR')`;
      await expect(insert.execute(stolen)).rejects.toThrow(/holder_is_encrypted/);
    });

    it('is found by exactly its name, page by page, and by no part of it', async () => {
      const made = await Promise.all(['Grace Hopper', 'Grace Hopper', 'Grace'].map(create));
      const both = made.slice(0, 2).map((id) => `${id} Grace Hopper`);
      expect((await find('Grace Hopper')).sort()).toEqual(both.sort());
      expect(await find('Grace')).toHaveLength(1);
      expect(await find('grace hopper')).toEqual([]);
      const first = await api.call('GET', '/v1/accounts?holder=Grace%20Hopper&limit=1');
      const second = await api.call('GET', `/v1/accounts?holder=Grace%20Hopper&limit=1&cursor=${first.body.next}`);
      expect([first.body.items, second.body.items]).toMatchObject([[{}], [{}]]);
      expect(second.body.next).toBeNull();
      expect(await api.call('GET', '/v1/accounts?holder=')).toMatchObject({ status: 422 });
    });

    it('stays readable and found through a rotation, is encrypted anew, and the former key may then go', async () => {
      const id = await create('Rotated');
      const stored = async () =>
        (await stolen.selectFrom('accounts').select(['holder', 'holder_index']).where('id', '=', id).execute())[0];
      const former = await stored();
      keys.unshift(newKey());
      await writeKeys();
      await writeBuiltInKeys(service, folder);
      let lost = 0;
      for (let tries = 0; tries < 400 && (await stored())?.holder_index === former?.holder_index; tries++) {
        if ((await find('Rotated'))[0] !== `${id} Rotated`) lost += 1; // while it runs, old rows beside new ones
      }
      expect(lost).toBe(0);
      expect((await stored())?.holder_index).not.toBe(former?.holder_index);
      await create('Rotated'); // beside the one from before
      keys.length = 1;
      await writeKeys();
      await writeBuiltInKeys(service, folder);
      await restart();
      expect(await find('Rotated')).toHaveLength(2);
      expect((await api.call('GET', '/v1/accounts?limit=100')).status).toBe(200); // not one row needs the former key
    }, 60_000);

    it('needs its key: without it the service does not start', async () => {
      await api.close();
      await rm(join(folder, 'holderKeys'));
      await expect(start(WithDatabase)).rejects.toThrow(/holderKeys is missing/);
      await writeKeys();
      await writeBuiltInKeys(service, folder);
      api = await start(WithDatabase);
      // Who steals a database is held back by no policy of it.
      await sql`alter table accounts no force row level security`.execute(stolen);
      const owner = `${api.issuer.issuer}|tester`;
      await sql`update accounts set tenant = 'default', owner = ${owner}`.execute(stolen);
    }, 60_000);
  },
);

function newKey(): string {
  return randomBytes(32).toString('base64');
}
