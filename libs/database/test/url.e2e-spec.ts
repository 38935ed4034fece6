// A PostgreSQL of the team's own, over TLS: what is verified, what is refused, what happens when it goes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testAuthority } from '@gatehouse/tls/testing';
import { sql } from 'kysely';
import { openDatabase, type DatabaseOptions } from '../src/index.ts';
import { TestPostgres } from '../src/testing/index.ts';
import { migrations } from './fixtures/migrations.ts';

describe('a database by URL', () => {
  let server: TestPostgres;
  let stateFolder: string;
  beforeAll(async () => {
    stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-db-'));
    server = await TestPostgres.start();
  }, 30_000);
  afterAll(async () => {
    await server.stop();
    await rm(stateFolder, { recursive: true, force: true });
  });

  const open = (env: NodeJS.ProcessEnv = {}, options: DatabaseOptions = {}, production = true) =>
    openDatabase(
      { migrations, startTimeoutMs: 1_000, ...options },
      { service: 'orders', stateFolder, production, env: { ...server.env, ...env } },
    );

  it('is reached over TLS 1.3 with a SCRAM password, in production too', async () => {
    const database = await open();
    const { rows } = await sql<{
      version: string;
    }>`select version from pg_stat_ssl where pid = pg_backend_pid()`.execute(database.kysely);
    expect(rows).toEqual([{ version: 'TLSv1.3' }]);
    expect(database.where).toBe(`localhost:${server.port}`);
    await database.close();
  });

  it('is refused when its certificate is of another authority', async () => {
    const other = join(stateFolder, 'other.pem');
    await writeFile(other, (await testAuthority()).cert);
    await expect(open({ GATEHOUSE_DATABASE_CA_FILE: other })).rejects.toThrow(/refuses[^]*GATEHOUSE_DATABASE_CA_FILE/);
    await expect(open({ GATEHOUSE_DATABASE_CA_FILE: '' })).rejects.toThrow(/GATEHOUSE_DATABASE_CA_FILE/);
  });

  it('is refused when its certificate is for another host', async () => {
    const url = `postgresql://postgres@127.0.0.1:${server.port}/postgres`;
    await expect(open({ GATEHOUSE_DATABASE_URL: url })).rejects.toThrow(/Use the host name of the certificate/);
  });

  it('names the file when the password is wrong, and never the password', async () => {
    const file = join(stateFolder, 'wrong');
    await writeFile(file, 'hunter2');
    const refused = open({ GATEHOUSE_DATABASE_PASSWORD_FILE: file });
    await expect(refused).rejects.toThrow(/GATEHOUSE_DATABASE_PASSWORD_FILE/);
    await expect(refused).rejects.not.toThrow(/hunter2/);
  });

  it('takes no password from the environment', async () => {
    process.env.PGPASSWORD = server.password;
    const refused = open({ GATEHOUSE_DATABASE_PASSWORD_FILE: '' });
    await expect(refused.finally(() => delete process.env.PGPASSWORD)).rejects.toThrow(/Name the file/);
  });

  it.each([
    ['postgresql://owner:hunter2@localhost/postgres', /holds a password/],
    ['postgresql://owner@localhost/postgres?sslmode=disable', /has parameters/],
    ['mysql://owner@localhost/postgres', /does not begin with postgresql/],
    ['postgresql://localhost/postgres', /lacks the host, the user or the database/],
    ['postgresql://owner@localhost', /lacks the host, the user or the database/],
    ['not a url', /is no URL/],
  ])('refuses the URL %s without repeating a password', async (url, message) => {
    const refused = open({ GATEHOUSE_DATABASE_URL: url });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow(/hunter2/);
  });

  it.each([
    ['GATEHOUSE_DATABASE_CA_FILE', '/nowhere/ca.pem', /GATEHOUSE_DATABASE_CA_FILE cannot be read \(ENOENT\)/],
    ['GATEHOUSE_DATABASE_PASSWORD_FILE', '/nowhere/password', /GATEHOUSE_DATABASE_PASSWORD_FILE cannot be read/],
    ['GATEHOUSE_DATABASE_CA_FILE', '/etc/passwd', /holds no certificate/],
  ])('names %s=%s', async (name, value, message) => {
    await expect(open({ [name]: value })).rejects.toThrow(message);
  });

  it('says how long it waited for a server that is not there', async () => {
    const url = 'postgresql://owner@localhost:1/postgres';
    await expect(open({ GATEHOUSE_DATABASE_URL: url })).rejects.toThrow(/did not answer within 1000 ms[^]*Start it/);
  });

  it('refuses a server without TLS, unless told so outside production', async () => {
    const plain = await TestPostgres.start({ tls: false });
    await expect(open(plain.env)).rejects.toThrow(/Turn TLS on/);
    await expect(open(plain.env, { insecureWithoutTls: true })).rejects.toThrow(/refused in production/);
    const database = await open(plain.env, { insecureWithoutTls: true }, false);
    await database.check();
    await database.close();
    await plain.stop();
  }, 30_000);

  it('answers 503 while the server is away, and again without a restart', async () => {
    const database = await open({}, { connectTimeoutMs: 500 });
    await server.end('SIGQUIT');
    for (let tries = 0; tries < 5; tries++) {
      await expect(database.check()).rejects.toMatchObject({ code: 'dependency-unavailable' });
    }
    await server.resume();
    await database.check();
    await database.close();
  }, 30_000);

  it('cuts a statement that takes too long, and works on', async () => {
    const database = await open({}, { statementTimeoutMs: 200 });
    await expect(sql`select pg_sleep(5)`.execute(database.kysely)).rejects.toMatchObject({
      code: 'dependency-unavailable',
    });
    await database.check();
    await database.close();
  });

  it('takes a changed password without a restart', async () => {
    const database = await open({}, { poolSize: 2 });
    await sql`alter role postgres password 'rotated'`.execute(database.kysely);
    await writeFile(server.env.GATEHOUSE_DATABASE_PASSWORD_FILE, 'rotated\n');
    const ends = sql`select pg_terminate_backend(pg_backend_pid())`.execute(database.kysely);
    await expect(ends).rejects.toMatchObject({ code: 'dependency-unavailable' });
    await database.check();
    await sql.raw(`alter role postgres password '${server.password}'`).execute(database.kysely);
    await writeFile(server.env.GATEHOUSE_DATABASE_PASSWORD_FILE, server.password);
    await database.close();
  });

  it('migrates once when two replicas start together', async () => {
    const extra = {
      ...migrations,
      '0002-add': { up: async (db: never) => void (await sql`create table once (id int)`.execute(db)) },
    };
    const both = await Promise.all([open({}, { migrations: extra }), open({}, { migrations: extra })]);
    await Promise.all(both.map((database) => database.close()));
    await expect(open({}, { migrations })).rejects.toThrow(/the migrations do not fit the database[^]*restore it/);
  });

  it('leaves nothing of a migration that fails, and names it', async () => {
    const good = { ...migrations, '0002-add': { up: async () => undefined } };
    const bad = {
      ...good,
      '0003-half': {
        up: async (db: never) => {
          await sql`create table half (id int)`.execute(db);
          await sql`create table notes (id int)`.execute(db);
        },
      },
    };
    await expect(open({}, { migrations: bad })).rejects.toThrow(/migration 0003-half failed, and nothing of it stays/);
    const database = await open({}, { migrations: good });
    await expect(sql`select * from half`.execute(database.kysely)).rejects.toThrow('does not exist');
    await database.close();
  });
});
