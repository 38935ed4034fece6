// Dynamic credentials of a real PostgreSQL from a real OpenBao: no query fails while they rotate, and none uses what has expired.
// GATEHOUSE_TEST_ROTATION_SECONDS=120 GATEHOUSE_TEST_LEASE_SECONDS=10 GATEHOUSE_TEST_RPS=200 is the long run.
import { TestPostgres } from '@gatehouse/database/testing';
import pg from 'pg';
import { databaseCredentials, openSecrets, type Secrets, type SecretsEvent } from '../src/index.ts';
import { describeOpenBao } from '../src/testing/openbao.binary.ts';
import { OpenBao } from '../src/testing/openbao.server.ts';
import { approleEnvironment, prepareApi, prepareDatabase, setLease } from '../src/testing/service.role.ts';
import { until } from '../src/testing/until.ts';

const seconds = Number(process.env.GATEHOUSE_TEST_ROTATION_SECONDS ?? 8);
const leaseSeconds = Number(process.env.GATEHOUSE_TEST_LEASE_SECONDS ?? 3);
const rps = Number(process.env.GATEHOUSE_TEST_RPS ?? 50);
const missing = TestPostgres.missing();

describeOpenBao('leases of database credentials', (program) => {
  if (missing) {
    process.stderr.write(`SKIPPED leases of database credentials: ${missing}\n`);
    it.skip(`needs PostgreSQL: ${missing}`, () => undefined);
    return;
  }
  const declared = { database: databaseCredentials({ role: 'api' }) };
  let bao: OpenBao;
  let postgres: TestPostgres;
  let events: SecretsEvent[];
  let secrets: Secrets<typeof declared>;

  const role = (ttl: number, max: number) => setLease(bao, ttl, max);
  const open = async () => {
    events = [];
    const onEvent = (event: SecretsEvent) => void events.push(event);
    const env = await approleEnvironment(bao);
    const context = { service: 'api', stateFolder: bao.folder, production: true, env, onEvent };
    secrets = await openSecrets(declared, { pollSeconds: 1 }, context);
  };
  const told = (type: SecretsEvent['type']) => events.filter((event) => event.type === type).length;
  const newPool = () => {
    const pool = new pg.Pool({
      host: 'localhost',
      port: postgres.port,
      database: 'postgres',
      ...credentials(),
      ssl: { ca: postgres.ca },
      max: 4,
    });
    pool.on('error', () => undefined);
    return pool;
  };
  const credentials = () => {
    const { username: user, password } = secrets.get('database').reveal();
    return { user, password };
  };
  const roles = async () => (await postgres.query(`select 1 from pg_roles where rolname like 'v-%'`)).rowCount;

  beforeAll(async () => {
    [bao, postgres] = await Promise.all([OpenBao.start(program), TestPostgres.start()]);
    await prepareApi(bao);
    await prepareDatabase(bao, postgres);
  }, 60_000);
  afterEach(() => secrets?.close());
  afterAll(async () => {
    await bao?.stop();
    await postgres?.stop();
  });

  it(
    `${rps} queries a second for ${seconds} s over leases of ${leaseSeconds} s: none fails`,
    async () => {
      await role(leaseSeconds, leaseSeconds);
      await open();
      let pool = newPool();
      const drained: Promise<void>[] = [];
      secrets.onRotate('database', async () => {
        const former = pool;
        pool = newPool();
        const drain = former.end();
        drained.push(drain);
        await drain;
      });
      const failed: string[] = [];
      const users = new Set<string>();
      let done = 0;
      const running: Promise<void>[] = [];
      const end = performance.now() + seconds * 1000;
      for (let next = performance.now(); next < end; next += 1000 / rps) {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
        const query = pool.query<{ user: string }>('select session_user as user');
        const count = query.then(({ rows }) => void (done++, users.add(rows[0]?.user ?? '')));
        running.push(count.catch((error: Error) => void failed.push(error.message)));
      }
      await Promise.all(running);
      await Promise.all(drained);
      await pool.end();
      process.stderr.write(
        `${done} queries, ${failed.length} failed, ${users.size} users, ${told('secret-rotated')} rotations\n`,
      );
      expect(failed).toEqual([]);
      expect(users.size).toBeGreaterThan(seconds / leaseSeconds - 1);
      expect(told('rotation-hook-failed') + told('secret-stale')).toBe(0);
    },
    (seconds + 30) * 1000,
  );

  it('a lease is renewed while that is worth it, then replaced', async () => {
    await role(2, 4);
    await open();
    const first = credentials().user;
    await until(() => told('lease-renewed') >= 1 && told('secret-rotated') >= 1);
    expect(credentials().user).not.toBe(first);
    expect(told('secret-stale')).toBe(0);
  });

  it('a lease that ends while the vault is away is never used; a new one is fetched when it is back', async () => {
    await role(2, 2);
    await open();
    const former = credentials().user;
    await bao.kill();
    await until(() => told('secret-stale') > 0);
    expect(() => secrets.get('database')).toThrow(expect.objectContaining({ code: 'dependency-unavailable' }));
    expect(() => secrets.check()).toThrow(/database/);
    await bao.spawn();
    await bao.unseal();
    await until(() => secrets.status()[0]?.usable === true);
    expect(credentials().user).not.toBe(former);
  });

  it.each([
    ['lease', 'database/creds/api'],
    ['token, which takes its leases with it,', 'auth/approle/login'],
  ])('a %s that is revoked long before its end: new credentials follow within the poll', async (_what, prefix) => {
    await role(600, 600);
    await open();
    const former = credentials().user;
    await bao.must('PUT', `sys/leases/revoke-prefix/${prefix}`, {});
    await until(() => credentials().user !== former);
    const pool = newPool();
    await pool.query('select 1').finally(() => pool.end());
  });

  it('the shutdown revokes the leases: no role is left in the database', async () => {
    await role(600, 600);
    await open();
    expect(await roles()).toBeGreaterThan(0);
    await secrets.close();
    await until(async () => (await roles()) === 0);
  });
});
