// The same rules for rows in memory and in a real PostgreSQL: what is not a caller's is not there for them, and the server itself hides it.
import { mkdtemp, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Principal } from '@gatehouse/authn';
import { openDatabase, type Database } from '@gatehouse/database';
import { type Kysely, sql } from 'kysely';
import { OwnedMemory, type OwnedRows, OwnedTable, ownRows, reachOf, tenantTableStatements } from '../src/index.ts';

interface Note {
  text: string;
}

const who = (id: string, tenant = 'north', ...scopes: string[]): Principal => ({
  kind: 'token',
  id,
  issuer: 'https://i.test',
  tenant,
  scopes: new Set(scopes),
});
const [ada, eve, south, auditor] = [who('ada'), who('eve'), who('ada', 'south'), who('aud', 'north', 'audit:read')];
const policy = { singular: 'note', reads: reachOf({ readsAll: ['audit:read'] }), writes: ownRows };
const notFound = expect.objectContaining({ code: 'not-found' });
const stale = expect.objectContaining({ code: 'precondition-failed' });

let stateFolder: string;
let database: Database;
const stores: Record<string, () => OwnedRows<Note>> = {
  memory: () => new OwnedMemory<Note>(policy),
  PostgreSQL: () => new OwnedTable<Note>(database.kysely, { ...policy, table: 'order', columns: ['text'] }),
};

beforeAll(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-authz-'));
  // a reserved word, as a resource may be called
  const create = `create table "order" (id uuid primary key default gen_random_uuid(), tenant text not null, owner text not null,
    text text not null, version integer not null default 1, created_at timestamptz not null default now())`;
  const migrations = { '0001-create': [create, ...tenantTableStatements('order')].join(';\n') };
  database = await openDatabase({ migrations }, { service: 'notes', stateFolder, production: false, env: {} });
}, 60_000);
afterAll(async () => {
  await database.close();
  await rm(stateFolder, { recursive: true, force: true });
});

describe.each(Object.entries(stores))('rows with owners in %s', (_name, open) => {
  let notes: OwnedRows<Note>;
  beforeEach(() => void (notes = open()));

  it('are created, found, replaced and removed by their owner', async () => {
    const made = await notes.create(ada, { text: 'a' });
    expect(made).toEqual({ id: expect.any(String), text: 'a', version: 1, createdAt: expect.stringMatching(/Z$/) });
    expect(await notes.find(ada, made.id)).toEqual(made);
    expect(await notes.replace(ada, made.id, 1, { text: 'b' })).toMatchObject({ text: 'b', version: 2 });
    await expect(notes.replace(ada, made.id, 1, { text: 'c' })).rejects.toEqual(stale);
    await expect(notes.remove(ada, made.id, 1)).rejects.toEqual(stale);
    await notes.remove(ada, made.id, 2);
    await expect(notes.find(ada, made.id)).rejects.toEqual(notFound);
  });

  it.each([
    ['another caller of the tenant', eve],
    ['the same name in another tenant', south],
  ])('are not there for %s, by whatever method', async (_who, stranger) => {
    const { id } = await notes.create(ada, { text: 'hers' });
    for (const attempt of [
      () => notes.find(stranger, id),
      () => notes.replace(stranger, id, 1, { text: 'mine' }),
      () => notes.remove(stranger, id, 1),
      () => notes.replace(stranger, randomUUID(), 1, { text: 'mine' }),
    ])
      await expect(attempt()).rejects.toEqual(notFound);
    expect(await notes.list(stranger, { limit: 100 })).toEqual({ items: [], next: null });
    expect(await notes.find(ada, id)).toMatchObject({ text: 'hers', version: 1 });
  });

  it('are read by those whose office it is, in their tenant, and changed by their owner alone', async () => {
    const { id } = await notes.create(ada, { text: 'hers' });
    expect(await notes.find(auditor, id)).toMatchObject({ id });
    await expect(notes.replace(auditor, id, 1, { text: 'x' })).rejects.toEqual(notFound);
    await expect(notes.remove(auditor, id, 1)).rejects.toEqual(notFound);
    await expect(notes.find(who('aud', 'south', 'audit:read'), id)).rejects.toEqual(notFound);
  });

  it('come in pages that together hold each of the caller once', async () => {
    const one = who(randomUUID());
    const ids = [];
    for (const text of ['a', 'b', 'c']) ids.push((await notes.create(one, { text })).id);
    const first = await notes.list(one, { limit: 2 });
    const rest = await notes.list(one, { limit: 2, cursor: first.next ?? undefined });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids.sort());
    expect(rest.next).toBeNull();
  });
});

it('PostgreSQL itself shows nothing to a statement without a tenant, and takes no row of another', async () => {
  await stores.PostgreSQL?.().create(ada, { text: 'hers' });
  const db = database.kysely as Kysely<{ order: { tenant: string } }>;
  expect(await db.selectFrom('order').selectAll().execute()).toEqual([]);
  const smuggle = sql`insert into "order" (tenant, owner, text) values ('north', 'eve', 'x')`.execute(db);
  await expect(smuggle).rejects.toThrow('row-level security');
});

it('memory holds so many of one caller, and of all together', async () => {
  const notes = new OwnedMemory<Note>({ ...policy, most: 3, mostOfOne: 2 });
  const full = expect.objectContaining({ code: 'conflict' });
  const { id } = await notes.create(ada, { text: 'a' });
  await notes.create(ada, { text: 'b' });
  await expect(notes.create(ada, { text: 'c' })).rejects.toEqual(full);
  await notes.create(eve, { text: 'd' });
  await expect(notes.create(south, { text: 'e' })).rejects.toEqual(full);
  await notes.remove(ada, id, 1);
  await notes.create(south, { text: 'e' });
});
