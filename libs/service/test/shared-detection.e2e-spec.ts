// An attack spread over two replicas is one attack: told once, answered by both, on one real Valkey; also where each is a process of its
// own.
import type { DetectionFinding, DetectionOptions } from '@gatehouse/detection';
import { openValkey } from '@gatehouse/valkey';
import { findValkey, valkeyServer, type ValkeyServer } from '@gatehouse/valkey/testing';
import { defineService } from '../src/index.ts';
import { startForTest, TestIssuer, type TestService } from '../src/testing/index.ts';
import { type Replica, startReplica } from './fixtures/replica.process.ts';
import { SampleModule } from './fixtures/sample.app.ts';
import { until } from './fixtures/until.ts';

const program = await findValkey();
if (!program && process.env.CI) throw new Error('CI needs valkey-server or redis-server: see .ci/parts');
if (!program) process.stderr.write('skipped: detection of replicas on one Valkey: no server is here\n');

/** A replica in this process, or one of its own. */
type Called = Pick<TestService, 'call'>;

const WITHIN_MS = 10_000;
const block = { rules: ['scannerAgent' as const], seconds: 60 };

(program ? describe : describe.skip)('two replicas on one Valkey', () => {
  let server: ValkeyServer;
  const running: TestService[] = [];
  let host = 0;
  beforeAll(async () => {
    server = await valkeyServer(program as NonNullable<typeof program>, { pattern: 'gatehouse:watched:*' });
    await server.start();
  });
  afterEach(async () => {
    for (const service of running.splice(0)) await service.close();
  });
  afterAll(() => server.remove());

  const options = (detection: DetectionOptions) => ({
    logLevel: 'silent' as const,
    trustedProxies: ['127.0.0.1'],
    rateLimit: { replicas: 2 },
    valkey: { ...server.options, commandTimeoutMs: 1_000 },
    detection,
  });
  const replica = async (detection: DetectionOptions = {}) => {
    const ports = { https: 0, http: 0, management: 0 };
    const descriptor = defineService({
      root: import.meta.dirname,
      name: 'watched',
      ports,
      ...options(detection),
    });
    const service = await startForTest(SampleModule, descriptor);
    running.push(service);
    return service;
  };
  const attacker = () => `192.0.2.${++host}`;
  const get = async ({ call }: Called, path: string, from: string, agent = 'app') =>
    (await call('GET', path, { headers: { 'x-forwarded-for': from, 'user-agent': agent } })).status;
  const told = async (...services: TestService[]) => {
    const pages = services.map(({ call, urls }) => call('GET', '/alerts', { origin: urls.management }));
    const found = (await Promise.all(pages)).flatMap(({ body }) => body.alerts as DetectionFinding[]);
    return found.map(({ finding_info }) => finding_info.analytic.uid).toSorted();
  };
  const shared = async ({ call, urls }: TestService, outcome: string) => {
    const { text } = await call('GET', '/metrics', { origin: urls.management });
    return Number(new RegExp(`gatehouse_detection_shared_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1]);
  };
  /** Two paths that only scanners ask for at each: too few for any one of them. */
  const spread = async (one: Called, two: Called, from: string) => {
    await get(one, '/.env', from);
    await get(two, '/.git/config', from);
    await get(one, '/wp-login.php', from);
    await get(two, '/backup.sql', from);
  };

  it('see together what neither sees alone, and one of them tells it', async () => {
    const [one, two] = [await replica(), await replica()];
    const begun = performance.now();
    await spread(one, two, attacker());
    await until(async () => (await told(one, two)).length > 0, WITHIN_MS);
    expect(performance.now() - begun).toBeLessThan(WITHIN_MS);
    const [third, fourth] = [await replica({ shared: false }), await replica({ shared: false })];
    await spread(third, fourth, attacker());
    expect(await told(third, fourth)).toEqual([]);
    expect(await told(one, two)).toEqual(['scannerPath']);
  });

  it('do all of that as two processes, and the one goes on that is left', async () => {
    const issuer = await TestIssuer.create(undefined, 'watched');
    const own = { name: 'watched', ...options({ responses: { block } }) };
    const processes: Replica[] = [];
    try {
      processes.push(await startReplica(issuer, own), await startReplica(issuer, own));
      const [one, two] = processes as [Replica, Replica];
      const alerts = async (rule: string) => {
        const series = `gatehouse_detection_alerts_total{rule="${rule}",severity="medium"}`;
        return (await one.metric(series)) + (await two.metric(series));
      };
      await spread(one, two, attacker());
      await until(async () => (await alerts('scannerPath')) > 0, WITHIN_MS);
      const from = attacker();
      for (let call = 0; call < 3; call++) await get(one, '/health/live', from, 'nikto');
      await until(async () => (await get(two, '/health/live', from)) === 429);
      expect([await alerts('scannerPath'), await alerts('scannerAgent')]).toEqual([1, 1]);
      await one.end();
      expect(await get(two, '/health/live', attacker())).toBe(200);
      expect(await get(two, '/health/live', from)).toBe(429);
    } finally {
      for (const process of processes) await process.end();
    }
  }, 120_000);

  it('tell once what both see in full', async () => {
    const [one, two] = [await replica(), await replica()];
    const from = attacker();
    for (let call = 0; call < 30; call++) {
      await get(one, `/a${call}`, from, 'nikto');
      await get(two, `/b${call}`, from, 'nikto');
    }
    await until(async () => (await told(one, two)).length >= 2, WITHIN_MS);
    await until(async () => (await shared(one, 'received')) >= 30 && (await shared(two, 'received')) >= 30);
    expect(await told(one, two)).toEqual(['probing', 'scannerAgent']);
  });

  it('block together, also one that comes later', async () => {
    const [one, two] = [await replica({ responses: { block } }), await replica({ responses: { block } })];
    const from = attacker();
    for (let call = 0; call < 3; call++) await get(one, '/health/live', from, 'nikto');
    expect(await get(one, '/health/live', from)).toBe(429);
    await until(async () => (await get(two, '/health/live', from)) === 429);
    const late = await replica({ responses: { block } });
    await until(async () => (await get(late, '/health/live', from)) === 429);
    expect(await get(two, '/health/live', attacker())).toBe(200);
    const unblocking = await replica();
    expect(await get(unblocking, '/health/live', from)).toBe(200); // has no such response
  });

  it('go on alone while it is away, counted, and together again without a restart', async () => {
    const [one, two] = [await replica(), await replica()];
    await server.stop();
    const from = attacker();
    for (let call = 0; call < 3; call++) await get(one, '/health/live', from, 'nikto');
    await until(async () => (await told(one)).includes('scannerAgent'), WITHIN_MS);
    await until(async () => (await shared(one, 'failed')) > 0);
    await server.start();
    let tries = 0;
    await until(async () => {
      const scanner = `198.51.100.${++tries}`;
      await spread(one, two, scanner);
      return (await told(one, two)).includes('scannerPath');
    }, 60_000);
  }, 120_000);

  it('believes no message that is not one', async () => {
    const one = await replica();
    const stranger = await openValkey({ ...server.options, commandTimeoutMs: 1_000 }, { service: 'watched' });
    try {
      const event = { kind: 'safeguard-failed', at: 1, safeguard: 'audit', what: 'forged' };
      const request = { kind: 'request', at: 1, address: 'x', method: 'GET', path: '/', status: 200, more: 1 };
      for (const text of ['', '{', '[]', 'null', JSON.stringify({ from: 'x', events: [event] })])
        await stranger?.publish('detection', text);
      await stranger?.publish('detection', JSON.stringify({ from: 'x', events: [request] }));
      await stranger?.publish('detection', JSON.stringify({ from: 'x', events: Array(5_000).fill(request) }));
      await get(one, '/.env', attacker());
      expect(await shared(one, 'received')).toBe(0);
      expect(await told(one)).toEqual([]);
    } finally {
      await stranger?.close();
    }
  });
});
