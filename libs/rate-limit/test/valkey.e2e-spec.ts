// The shared store, on a real server with TLS, its own user and that user's rights alone.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openValkey, type SharedValkey } from '@gatehouse/valkey';
import { findValkey, valkeyServer, type ValkeyServer } from '@gatehouse/valkey/testing';
import { createRateLimiter, type RateLimiter, type RateLimitEvent } from '../src/index.ts';
import { until } from './fixtures/until.ts';

const program = await findValkey();
if (!program && process.env.CI) throw new Error('CI needs valkey-server or redis-server: see .ci/parts');
if (!program)
  process.stderr.write('skipped: limits in Valkey: neither valkey-server, redis-server nor its image is here\n');

(program ? describe : describe.skip)('limits in Valkey', () => {
  let server: ValkeyServer;
  const open: (RateLimiter | SharedValkey)[] = [];
  beforeAll(async () => {
    server = await valkeyServer(program as NonNullable<typeof program>);
    await server.start();
  });
  afterEach(async () => {
    for (const limits of open.splice(0)) await limits.close();
  });
  afterAll(() => server.remove());

  const connect = async (more: object = {}, service?: string) => {
    const valkey = (await openValkey(
      { ...server.options, commandTimeoutMs: 1_000, ...more },
      { service },
    )) as SharedValkey;
    open.push(valkey);
    return valkey;
  };
  const replica = async (options: object = {}, events: RateLimitEvent[] = [], more: object = {}) => {
    const onEvent = (event: RateLimitEvent) => events.push(event);
    const context = { production: true, valkey: await connect(more), onEvent };
    const limits = await createRateLimiter({ replicas: 2, ...options }, context);
    open.push(limits);
    return limits;
  };
  const ten = (limits: RateLimiter, name = 'ten') => [
    { limit: limits.limit(name, { limit: 60, windowSeconds: 60, burst: 10 }), cost: 1 },
  ];
  const passes = async (limits: RateLimiter, subject: string, times: number) => {
    const verdicts = await Promise.all(Array.from({ length: times }, () => limits.decide(subject, ten(limits))));
    return verdicts.filter(({ allowed }) => allowed).length;
  };

  it('are one for two replicas', async () => {
    const [one, two] = [await replica(), await replica()];
    expect((await passes(one, 'p:1', 6)) + (await passes(two, 'p:1', 20))).toBe(10);
    expect(one.status()).toMatchObject({ store: 'valkey' });
  });

  it('let exactly the limit and the burst of two hammering processes pass, over several windows', async () => {
    const limit = { limit: 50, windowSeconds: 1, burst: 10 };
    const milliseconds = 3_000;
    const args = { valkey: { ...server.options, commandTimeoutMs: 2_000 }, milliseconds, limit };
    const begun = performance.now();
    const hammers = [hammer(args), hammer(args)];
    await Promise.all(hammers.map(({ ready }) => ready));
    const started = performance.now();
    hammers.forEach(({ go }) => go());
    const results = await Promise.all(hammers.map(({ done }) => done));
    const ms = performance.now() - started;
    const passed = results.reduce((sum, result) => sum + result.passed, 0);
    expect(results.map(({ store }) => store)).toEqual(['valkey', 'valkey']);
    expect(passed).toBeGreaterThanOrEqual(Math.floor(10 + (milliseconds - 500) / 20));
    expect(passed).toBeLessThanOrEqual(Math.ceil(10 + ms / 20));
    process.stderr.write(
      `two processes: ${JSON.stringify(results)} in ${Math.round(ms)} ms (start ${Math.round(started - begun)} ms)\n`,
    );
  }, 60_000);

  it('are each service’s own', async () => {
    const passed = [];
    for (const service of ['orders', 'invoices']) {
      const limits = await createRateLimiter({}, { valkey: await connect({}, service) });
      open.push(limits);
      passed.push(await passes(limits, 'p:both', 20));
    }
    expect(passed).toEqual([10, 10]);
  });

  it('are asked several at once, and none is charged when one refuses', async () => {
    const limits = await replica();
    const narrow = { limit: limits.limit('narrow', { limit: 1, windowSeconds: 60 }), cost: 1 };
    const both = [...ten(limits), narrow];
    expect((await limits.decide('p:2', both)).allowed).toBe(true);
    expect((await limits.decide('p:2', both)).refusedBy?.name).toBe('narrow');
    expect((await limits.decide('p:2', ten(limits))).states[0]?.remaining).toBe(8);
    expect((await limits.peek('p:2', ten(limits))).states[0]?.remaining).toBe(8);
  });

  it('agree with those in memory for an interval that is no whole number', async () => {
    const limits = await replica({ localRefusals: false });
    const seven = [{ limit: limits.limit('seven', { limit: 7, windowSeconds: 3_600, burst: 7 }), cost: 1 }];
    const verdicts = [];
    for (let index = 0; index < 9; index++) verdicts.push((await limits.decide('p:3', seven)).allowed);
    expect(verdicts.filter(Boolean)).toHaveLength(7);
  });

  it('spare the round trips of a caller that is far over, and serve it when its time has come', async () => {
    const limits = await replica();
    const quick = [{ limit: limits.limit('quick', { limit: 5, windowSeconds: 1, burst: 1 }), cost: 1 }];
    await limits.decide('p:4', quick);
    expect((await limits.decide('p:4', quick)).allowed).toBe(false);
    const verdict = limits.decide('p:4', quick);
    expect(verdict).not.toBeInstanceOf(Promise);
    await until(async () => (await limits.decide('p:4', quick)).allowed, 2_000);
  });

  it('fall to the share of each replica while the server is gone, and come back without a restart', async () => {
    const events: RateLimitEvent[] = [];
    const limits = await replica({ replicas: 5 }, events);
    await server.stop();
    await until(() => limits.status().store === 'share');
    expect(await passes(limits, 'p:5', 20)).toBe(2);
    expect(() => limits.decide('p:6', ten(limits), { failClosed: true })).toThrow(/unavailable/i);
    expect(events).toMatchObject([{ type: 'store-lost', level: 'error' }]);
    await server.start();
    await until(() => limits.status().store === 'valkey');
    expect(await passes(limits, 'p:5', 20)).toBe(10);
    expect(events.map(({ type }) => type)).toEqual(['store-lost', 'store-recovered']);
  });

  it('leave no request waiting when the server hangs', async () => {
    const limits = await replica({ replicas: 5 }, [], { commandTimeoutMs: 50 });
    await server.freeze(true);
    const started = performance.now();
    expect(await passes(limits, 'p:7', 100)).toBeLessThanOrEqual(2);
    expect(performance.now() - started).toBeLessThan(2_000); // 50 ms on an idle machine
    await until(() => limits.status().store === 'share');
    expect(limits.decide('p:7', ten(limits))).not.toBeInstanceOf(Promise);
    await server.freeze(false);
    await until(() => limits.status().store === 'valkey');
  });

  it('survive a server that forgot its scripts', async () => {
    const limits = await replica();
    await server.stop();
    await server.start();
    await until(() => limits.status().store === 'valkey');
    expect(await passes(limits, 'p:8', 12)).toBe(10);
  });

  it('start with their share while the server is away, and say so', async () => {
    const events: RateLimitEvent[] = [];
    const away = await replica({}, events, { url: 'valkeys://limiter@localhost:1' });
    expect(away.status().store).toBe('share');
    expect(events.map(({ type }) => type)).toEqual(['store-lost']);
  });
});

function hammer(args: object) {
  const path = fileURLToPath(new URL('./fixtures/hammer.program.ts', import.meta.url));
  const hook = fileURLToPath(new URL('../../../tools/cli/swc-hook.mjs', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--conditions=@gatehouse/source', `--import=${hook}`, path, JSON.stringify(args)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  return {
    ready: until(() => output.startsWith('ready')),
    go: () => child.stdin.write('go'),
    done: new Promise<{ passed: number; asked: number; store: string }>((resolve, reject) =>
      child.on('exit', (code) =>
        code === 0 ? resolve(JSON.parse(output.split('\n')[1] ?? '')) : reject(new Error(`exit ${code}`)),
      ),
    ),
  };
}
