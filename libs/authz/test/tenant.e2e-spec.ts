// Row-level security on a real PostgreSQL: statements that forget the tenant, or name another one, see and change nothing of it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '@gatehouse/database';
import { type Kysely, sql } from 'kysely';
import { inEveryTenant, inTenant, ownRows, reachOf, tenantTableStatements } from '../src/index.ts';

interface Tables {
  notes: { id: number; tenant: string; text: string };
}

describe('tenants in one table', () => {
  let stateFolder: string;
  let database: Database;
  let db: Kysely<Tables>;
  beforeAll(async () => {
    stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-authz-'));
    const statements = [
      'create table notes (id integer primary key, tenant text not null, text text not null)',
      ...tenantTableStatements('notes'),
    ];
    const up = async (any: Kysely<unknown>) => {
      for (const statement of statements) await sql.raw(statement).execute(any);
    };
    const context = { service: 'notes', stateFolder, production: false, env: {} };
    database = await openDatabase({ migrations: { '0001-create': { up } as never } }, context);
    db = database.as<Tables>();
    for (const [id, tenant] of [
      [1, 'north'],
      [2, 'south'],
    ] as const)
      await inTenant(db, tenant, (tx) =>
        tx
          .insertInto('notes')
          .values({ id, tenant, text: `of ${tenant}` })
          .execute(),
      );
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await rm(stateFolder, { recursive: true, force: true });
  });
  const all = (tenant: string) =>
    inTenant(db, tenant, (tx) => tx.selectFrom('notes').select('id').execute()).then((rows) =>
      rows.map(({ id }) => id),
    );

  it('shows each its own rows, to a query that names no tenant', async () => {
    expect(await all('north')).toEqual([1]);
    expect(await all('south')).toEqual([2]);
    expect(await all('nowhere')).toEqual([]);
  });

  it('shows nothing outside of a tenant, on a connection that had one too', async () => {
    for (let round = 0; round < 20; round++) {
      await all('north');
      expect(await db.selectFrom('notes').selectAll().execute()).toEqual([]);
    }
  });

  it('changes, deletes and takes over nothing of another', async () => {
    await inTenant(db, 'north', async (tx) => {
      const changed = await tx.updateTable('notes').set({ text: 'stolen' }).where('id', '=', 2).executeTakeFirst();
      const deleted = await tx.deleteFrom('notes').where('tenant', '=', 'south').executeTakeFirst();
      expect([changed.numUpdatedRows, deleted.numDeletedRows]).toEqual([0n, 0n]);
    });
    const smuggle = inTenant(db, 'north', (tx) =>
      tx.insertInto('notes').values({ id: 3, tenant: 'south', text: 'smuggled' }).execute(),
    );
    await expect(smuggle).rejects.toThrow('row-level security');
    const move = inTenant(db, 'north', (tx) => tx.updateTable('notes').set({ tenant: 'south' }).execute());
    await expect(move).rejects.toThrow('row-level security');
    expect(await all('south')).toEqual([2]);
  });

  it('takes a name as it is, quotes and all', async () => {
    for (const name of ["north' or '1'='1", "north\\' or 1=1 --", "'; set local gatehouse.tenant = 'north"])
      expect(await all(name)).toEqual([]);
    await expect(all('')).rejects.toThrow('a tenant has a name');
    expect(() => tenantTableStatements('notes; drop table notes')).toThrow('no name of a table');
  });

  it('shows upkeep every row, and the next transaction of the connection none', async () => {
    const ids = await inEveryTenant(db, (tx) => tx.selectFrom('notes').select('id').orderBy('id').execute());
    expect(ids).toEqual([{ id: 1 }, { id: 2 }]);
    for (let round = 0; round < 20; round++) expect(await db.selectFrom('notes').selectAll().execute()).toEqual([]);
  });

  it('is served by a role that cannot pass', async () => {
    const { rows } = await sql<{ passes: boolean }>`
      select rolsuper or rolbypassrls as passes from pg_roles where rolname = current_user`.execute(db);
    expect(rows).toEqual([{ passes: false }]);
  });
});

describe('policies', () => {
  const caller = {
    kind: 'token',
    id: 'ada',
    issuer: 'https://i.test',
    tenant: 'north',
    scopes: new Set(['a']),
  } as const;

  it('give own rows, and the tenant to those whose office it is', () => {
    const reach = reachOf({ readsAll: ['audit:read'] });
    expect(reach(caller)).toEqual({ tenant: 'north', owner: 'https://i.test|ada' });
    expect(reach({ ...caller, scopes: new Set(['audit:read']) })).toEqual({ tenant: 'north' });
    expect(ownRows({ ...caller, issuer: 'https://other.test' })).not.toEqual(ownRows(caller));
  });
});
