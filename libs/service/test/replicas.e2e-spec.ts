// What replicas share, and what each does alone: processes of one service, on one real Valkey.
import { connect, type ClientHttp2Session } from 'node:http2';
import { findValkey, valkeyServer, type ValkeyServer } from '@gatehouse/valkey/testing';
import { startForTest, TestIssuer } from '../src/testing/index.ts';
import { type Replica, startReplica } from './fixtures/replica.process.ts';
import { shared, SharedModule } from './fixtures/shared.app.ts';
import { until } from './fixtures/until.ts';

const program = await findValkey();
if (!program && process.env.CI) throw new Error('CI needs valkey-server or redis-server: see .ci/parts');
if (!program) process.stderr.write('skipped: replicas on one Valkey: no server is here\n');

(program ? describe : describe.skip)('two replicas on one Valkey', () => {
  let server: ValkeyServer;
  let issuer: TestIssuer;
  let replicas: readonly [Replica, Replica];
  const ten = { limit: 1, windowSeconds: 3_600, burst: 10 };
  const own = () => ({
    trustedProxies: ['127.0.0.1'],
    rateLimit: {
      replicas: 2,
      address: ten,
      principal: ten,
      plans: { fast: { limit: 50, windowSeconds: 1, burst: 10 } },
    },
    valkey: { ...server.options, commandTimeoutMs: 1_000 },
  });
  beforeAll(async () => {
    server = await valkeyServer(program as NonNullable<typeof program>, { pattern: 'gatehouse:shared:*' });
    await server.start();
    issuer = await TestIssuer.create(undefined, 'shared');
    replicas = await Promise.all([startReplica(issuer, own()), startReplica(issuer, own())]);
  }, 60_000);
  afterAll(async () => {
    for (const replica of replicas ?? []) await replica.end();
    await server.remove();
  });

  const ask = (replica: Replica, path: string, headers: Record<string, string>, times = 8) =>
    Promise.all(Array.from({ length: times }, async () => (await replica.call('GET', path, { headers })).status));
  const passed = (statuses: number[]) => statuses.filter((status) => status === 200).length;
  const isUp = async (up: boolean) => {
    for (const replica of replicas)
      await until(async () => ((await replica.metric('gatehouse_valkey_up')) === 1) === up);
  };
  let lastAddress = 0;
  const fresh = () => ({ 'x-forwarded-for': `10.1.${(++lastAddress >> 8) & 255}.${lastAddress & 255}` });

  it('let one limit pass together, by address and by caller', async () => {
    const [one, two] = replicas;
    const from = fresh();
    expect(passed([...(await ask(one, '/v1/plain', from)), ...(await ask(two, '/v1/plain', from))])).toBe(10);
    const authorization = `Bearer ${await issuer.token({ subject: 'ada', scopes: ['shared:read'] })}`;
    const mine = (replica: Replica) => ask(replica, '/v1/mine', { authorization, ...fresh() });
    expect(passed([...(await mine(one)), ...(await mine(two))])).toBe(10);
  });

  it('let exactly the pace and one burst of a hammering caller pass', async () => {
    const claims = { plan: 'fast' };
    const authorization = `Bearer ${await issuer.token({ subject: 'hammer', scopes: ['shared:read'], claims })}`;
    const begin = performance.now();
    const counts = await Promise.all(
      replicas.map((replica) => hammer(replica, authorization, () => performance.now() < begin + 2_500)),
    );
    const took = performance.now() - begin;
    expect(counts[0] + counts[1]).toBeLessThanOrEqual(Math.ceil(10 + took / 20));
    expect(counts[0] + counts[1]).toBeGreaterThanOrEqual(60); // 135 on an idle machine
  });

  it('refuse a DPoP proof that the other has seen', async () => {
    const [one, two] = replicas;
    const send = await prover();
    const shown = await send();
    expect((await shown(one)).status).toBe(200);
    const replayed = await shown(two);
    expect(replayed.status).toBe(401);
    expect(replayed.headers['www-authenticate']).toContain('DPoP error="invalid_dpop_proof"');
    const raced = await send();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => raced(index % 2 ? one : two)));
    expect(passed(answers.map(({ status }) => status))).toBe(1);
    expect(await one.metric('gatehouse_dpop_proofs_total{memory="shared"}')).toBeGreaterThan(0);
  });

  it('go on alone while it is away, each by its share and its own memory, and together again without a restart', async () => {
    const [one, two] = replicas;
    const before = fresh();
    expect(passed(await ask(one, '/v1/plain', before, 12))).toBe(10);
    await server.stop();
    await isUp(false);

    const from = fresh();
    expect([passed(await ask(one, '/v1/plain', from)), passed(await ask(two, '/v1/plain', from))]).toEqual([5, 5]);
    expect((await one.call('GET', '/v1/strict')).body).toMatchObject({ status: 503, code: 'dependency-unavailable' });
    expect((await one.call('GET', '/health/ready')).status).toBe(200); // or no replica would get traffic
    const shown = await (await prover())();
    expect((await shown(one)).status).toBe(200);
    expect((await shown(one)).status).toBe(401);
    expect(await one.metric('gatehouse_dpop_proofs_total{memory="local"}')).toBe(1);

    await server.start();
    await isUp(true);
    // the server forgot everything; whoever was over its limit is refused as long as the replica that refused it knows
    expect(passed(await ask(one, '/v1/plain', before))).toBe(0);
    const after = fresh();
    expect(passed([...(await ask(one, '/v1/plain', after)), ...(await ask(two, '/v1/plain', after))])).toBe(10);
    expect((await shown(one)).status).toBe(401);
    expect(await one.metric('gatehouse_valkey_commands_total{outcome="answered"}')).toBeGreaterThan(0);
    expect(await one.metric('gatehouse_valkey_command_duration_seconds_count')).toBeGreaterThan(0);
  });

  it('let no more than two bursts and the shares pass while it is restarted under a hammering caller', async () => {
    const authorization = `Bearer ${await issuer.token({ subject: 'patient', scopes: ['shared:read'] })}`;
    let over = false;
    const hammering = replicas.map((replica) => hammer(replica, authorization, () => !over));
    await until(async () => (await replicas[0].metric('gatehouse_rate_limit_refusals_total{limit="principal"}')) > 0);
    await server.stop();
    await isUp(false);
    await server.start();
    await isUp(true);
    await new Promise((resolve) => setTimeout(resolve, 500));
    over = true;
    const counts = await Promise.all(hammering);
    // ten before it, five by each replica meanwhile, and ten of a server that forgot, unless the refusals are remembered here
    expect(counts[0] + counts[1]).toBeGreaterThanOrEqual(10);
    expect(counts[0] + counts[1]).toBeLessThanOrEqual(30);
  });

  it('do not start with a password that it refuses, and name the setting', async () => {
    const valkey = { ...server.options, passwordFile: `${server.folder}/cert.pem` };
    const started = startForTest(SharedModule, shared({ valkey, logLevel: 'silent' }));
    await expect(started).rejects.toThrow(/GATEHOUSE_VALKEY_PASSWORD_FILE/);
  });

  /** Asks as fast as it can, eight at a time, each from an address of its own. @returns how many passed */
  async function hammer({ origin, ca }: Replica, authorization: string, goOn: () => boolean): Promise<number> {
    const session = connect(origin, { ca });
    let count = 0;
    const worker = async () => {
      while (goOn())
        if ((await statusOf(session, { ':path': '/v1/mine', authorization, ...fresh() })) === 200) count += 1;
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    session.destroy();
    return count;
  }

  /** A holder of a key, from an address of its own: each call makes a proof, which may be shown as often as one likes. */
  async function prover() {
    const holder = await TestIssuer.dpopHolder();
    const token = await issuer.token({
      subject: holder.jkt,
      scopes: ['shared:read'],
      claims: { cnf: { jkt: holder.jkt } },
    });
    const from = fresh();
    return async () => {
      const dpop = await holder.proof('GET', 'https://shared.example.test/v1/bound', token);
      const headers = { authorization: `DPoP ${token}`, dpop, ...from };
      return (replica: Replica) => replica.call('GET', '/v1/bound', { headers });
    };
  }
});

function statusOf(session: ClientHttp2Session, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers).resume();
    stream.on('error', reject).on('response', (answer) => resolve(Number(answer[':status'])));
  });
}
