// Users that come and go while the service runs, as a vault's database engine makes them: no query fails at a change, and none is
// asked as a user who may no longer be used.
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ProblemError } from '@gatehouse/problem-details';
import { sql } from 'kysely';
import { openDatabase, type CredentialSource, type Database, type DatabaseUser } from '../src/index.ts';
import { TestPostgres } from '../src/testing/index.ts';
import { migrations } from './fixtures/migrations.ts';

/** What a vault does: hands out a new user, waits for those who use the former, and drops that one. */
class Users implements CredentialSource {
  now: DatabaseUser | undefined;
  private hook: () => Promise<void> = async () => undefined;

  constructor(private readonly owner: Database) {}

  current(): DatabaseUser {
    if (this.now) return this.now;
    throw new ProblemError('dependency-unavailable');
  }

  onChange(hook: () => Promise<void>): void {
    this.hook = hook;
  }

  async rotate(): Promise<void> {
    const former = this.now;
    const password = randomBytes(9).toString('hex');
    const username = `v-${password}`;
    await sql.raw(`create role "${username}" login password '${password}' in role ledger`).execute(this.owner.kysely);
    // what it makes belongs to the role that stays
    await sql.raw(`alter role "${username}" set role ledger`).execute(this.owner.kysely);
    this.now = { username, password };
    await this.hook();
    if (!former) return;
    await until(async () => (await this.connections(former)) === 0); // the server may still be ending one
    await sql.raw(`drop role "${former.username}"`).execute(this.owner.kysely);
  }

  private async connections({ username }: DatabaseUser): Promise<number> {
    const { rows } = await sql`select 1 from pg_stat_activity where usename = ${username}`.execute(this.owner.kysely);
    return rows.length;
  }
}

/** A change that leaves a connection behind fails here. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 400; left > 0; left--) {
    if (await condition()) return;
    await delay(25);
  }
  throw new Error(`not within 10 s: ${condition.toString()}`);
}

describe('a database whose users change', () => {
  let server: TestPostgres;
  let owner: Database;
  let users: Users;
  let database: Database;
  const context = { service: 'orders', stateFolder: '/nowhere', production: true };
  const url = () => ({ GATEHOUSE_DATABASE_URL: `postgresql://localhost:${server.port}/ledger` });
  const env = () => ({ ...server.env, GATEHOUSE_DATABASE_PASSWORD_FILE: '', ...url() });
  const whoAmI = async () =>
    (await sql<{ user: string }>`select session_user::text as user from pg_sleep(0.005)`.execute(database.kysely))
      .rows[0]?.user;

  beforeAll(async () => {
    server = await TestPostgres.start();
    owner = await openDatabase({}, { ...context, env: server.env });
    for (const statement of ['create role ledger', 'create database ledger owner ledger'])
      await sql.raw(statement).execute(owner.kysely);
    users = new Users(owner);
    await users.rotate();
    database = await openDatabase({ migrations, poolSize: 3 }, { ...context, env: env(), credentials: users });
  }, 30_000);
  afterAll(async () => {
    await database?.close();
    await owner?.close();
    await server.stop();
  });

  it('asks as the new user at once; no query of hundreds fails, and no connection of a former user is left', async () => {
    const failed: string[] = [];
    const seen = new Set<string | undefined>();
    let asking = true;
    const ask = async () => {
      while (asking)
        await whoAmI().then(
          (user) => seen.add(user),
          (error: Error) => void failed.push(String(error.cause)),
        );
    };
    const askers = Array.from({ length: 12 }, ask); // four for each connection: some wait at every change
    for (let times = 0; times < 10; times++) {
      await until(() => seen.has(users.now?.username));
      await users.rotate();
      expect(await whoAmI()).toBe(users.now?.username);
    }
    asking = false;
    await Promise.all(askers);
    expect(failed).toEqual([]);
    expect(seen.size).toBeGreaterThanOrEqual(10);
  });

  it('lets a transaction finish as the user who began it', async () => {
    const former = users.now?.username;
    let rotated: Promise<unknown> = Promise.resolve();
    const inside = await database.kysely.transaction().execute(async (tx) => {
      await sql`select 1`.execute(tx);
      rotated = users.rotate();
      await delay(200);
      return sql<{ user: string }>`select session_user::text as user`.execute(tx);
    });
    expect(inside.rows[0]?.user).toBe(former);
    await rotated;
    expect(await whoAmI()).toBe(users.now?.username);
  });

  it('answers 503 while no user may be used, though connections are open; and again without a restart', async () => {
    const before = users.now;
    await whoAmI();
    users.now = undefined;
    await expect(whoAmI()).rejects.toMatchObject({ code: 'dependency-unavailable' });
    await expect(database.check()).rejects.toMatchObject({ code: 'dependency-unavailable' });
    users.now = before;
    await users.rotate();
    expect(await whoAmI()).toBe(users.now?.username);
  });

  it.each([
    ['a URL without a user, and nowhere to get one', {}, false, /lacks the host, the user or the database/],
    ['a file with the password of nobody', { GATEHOUSE_DATABASE_PASSWORD_FILE: '/x' }, true, /names no user/],
  ])('refuses %s', async (_what, more, has, message) => {
    const credentials = has ? { credentials: users } : {};
    const refused = openDatabase({}, { ...context, env: { ...env(), ...more }, ...credentials });
    await expect(refused).rejects.toThrow(message);
  });
});
