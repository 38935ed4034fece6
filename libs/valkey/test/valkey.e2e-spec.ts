// The connection of a process, on a real server with TLS, its own user and that user's rights alone.
import { writeFile } from 'node:fs/promises';
import { defineScript, openValkey, type SharedValkey, type ValkeyContext, type ValkeyOutcome } from '../src/index.ts';
import { findValkey, valkeyServer, type ValkeyServer } from '../src/testing/index.ts';

const program = await findValkey();
if (!program && process.env.CI) throw new Error('CI needs valkey-server or redis-server: see .ci/parts');
if (!program) process.stderr.write('skipped: Valkey: neither valkey-server, redis-server nor its image is here\n');

const COUNT = defineScript(`local count = tonumber(redis.call('GET', KEYS[1]) or 0) + ARGV[1]
redis.call('SET', KEYS[1], count, 'PX', 60000)
return count`);

(program ? describe : describe.skip)('a connection to Valkey', () => {
  let server: ValkeyServer;
  const open: SharedValkey[] = [];
  beforeAll(async () => {
    server = await valkeyServer(program as NonNullable<typeof program>, { pattern: 'gatehouse:orders:*' });
    await server.start();
  });
  afterEach(async () => {
    for (const valkey of open.splice(0)) await valkey.close();
  });
  afterAll(() => server.remove());

  const connect = async (more: object = {}, context: ValkeyContext = {}) => {
    const options = { ...server.options, commandTimeoutMs: 1_000, ...more };
    const valkey = (await openValkey(options, { service: 'orders', production: true, ...context })) as SharedValkey;
    open.push(valkey);
    return valkey;
  };

  it('runs a script as one step, also when many ask at once and the server has never seen it', async () => {
    const [one, two] = [await connect(), await connect()];
    const counts = await Promise.all(
      Array.from({ length: 200 }, (_, index) => (index % 2 ? one : two).evaluate(COUNT, ['counted'], [1])),
    );
    expect(new Set(counts).size).toBe(200);
  });

  it('says yes to one alone of many who set the same mark, until it has ended', async () => {
    const [one, two] = [await connect(), await connect()];
    const asked = Array.from({ length: 20 }, (_, index) => (index % 2 ? one : two).setIfAbsent('seen:1', 300));
    expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1);
    await until(() => one.setIfAbsent('seen:1', 300));
  });

  it('carries messages to other processes, and says when some may have been missed', async () => {
    const [one, two] = [await connect(), await connect()];
    const heard: string[] = [];
    const stop = await two.subscribe('news', {
      message: (text) => heard.push(text),
      missed: () => heard.push('(missed)'),
    });
    await one.publish('news', 'first');
    await until(() => heard.includes('first'));
    await server.stop();
    await server.start();
    await until(() => heard.includes('(missed)'));
    await until(() => one.ready);
    await one.publish('news', 'second');
    await until(() => heard.includes('second'));
    stop();
    await until(async () => {
      await one.publish('news', 'nobody hears');
      return true;
    });
    expect(heard).toEqual(['first', '(missed)', 'second']);
  });

  it('cannot reach the keys or channels of another service', async () => {
    await expect(connect({}, { service: 'invoices' })).rejects.toThrow(/Valkey refuses the user/);
    await expect(connect({ keyPrefix: 'other' })).rejects.toThrow(/Valkey refuses the user/);
  });

  it('answers at once while the server is away, and comes back without a restart', async () => {
    const events: string[] = [];
    const outcomes: ValkeyOutcome[] = [];
    const valkey = await connect({}, { onEvent: ({ type }) => events.push(type) });
    valkey.onCommand = (_seconds, outcome) => outcomes.push(outcome);
    await server.stop();
    await until(() => !valkey.ready);
    const started = performance.now();
    await expect(valkey.setIfAbsent('seen:2', 1_000)).rejects.toMatchObject({ name: 'ValkeyUnavailableError' });
    expect(performance.now() - started).toBeLessThan(500);
    await server.start();
    await until(() => valkey.ready);
    expect(await valkey.setIfAbsent('seen:2', 1_000)).toBe(true);
    expect([events, outcomes]).toEqual([
      ['valkey-lost', 'valkey-recovered'],
      ['away', 'answered'],
    ]);
  });

  it('leaves nothing waiting when the server hangs', async () => {
    const outcomes: ValkeyOutcome[] = [];
    const valkey = await connect({ commandTimeoutMs: 50 });
    valkey.onCommand = (_seconds, outcome) => outcomes.push(outcome);
    await server.freeze(true);
    const started = performance.now();
    for (let index = 0; index < 10; index++)
      await expect(valkey.setIfAbsent(`seen:${index}`, 1_000)).rejects.toMatchObject({
        name: 'ValkeyUnavailableError',
      });
    expect(performance.now() - started).toBeLessThan(5_000); // 150 ms on an idle machine
    expect(outcomes.filter((outcome) => outcome === 'timeout').length).toBe(3);
    expect(valkey.ready).toBe(false);
    await server.freeze(false);
    await until(() => valkey.ready);
  });

  it('refuses to start with a wrong password or an untrusted certificate, but starts while the server is away', async () => {
    const wrong = `${server.folder}/wrong`;
    await writeFile(wrong, 'hunter2');
    await expect(connect({ passwordFile: wrong })).rejects.toThrow(/refuses the user or its password/);
    await expect(connect({ caFile: undefined })).rejects.toThrow(/GATEHOUSE_VALKEY_CA_FILE/);
    const away = await connect({ url: 'valkeys://limiter@localhost:1' });
    expect(away.ready).toBe(false);
  });

  it('takes a new password with the next connection', async () => {
    const valkey = await connect();
    await writeFile(server.options.passwordFile, 'not yet');
    await server.stop();
    await server.start();
    await until(() => !valkey.ready);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(valkey.ready).toBe(false);
    await writeFile(server.options.passwordFile, 'correct horse');
    await until(() => valkey.ready);
  });

  it('goes on when the memory of the server is full: what is set is refused, and nothing is evicted', async () => {
    const full = await valkeyServer(program as NonNullable<typeof program>, {
      lines: ['maxmemory 2mb', 'maxmemory-policy noeviction'],
    });
    await full.start();
    try {
      const valkey = await connect(full.options);
      const key = (index: number) => `${'x'.repeat(10_000)}:${index}`;
      let set = 0;
      const fill = async () => {
        while (set < 1_000 && (await valkey.setIfAbsent(key(set), 60_000))) set += 1;
      };
      await expect(fill()).rejects.toMatchObject({
        name: 'ValkeyUnavailableError',
        message: expect.stringMatching(/^OOM/),
      });
      expect(valkey.ready).toBe(true);
      await expect(valkey.setIfAbsent(key(0), 60_000)).rejects.toThrow(/OOM/);
    } finally {
      await full.remove();
    }
  });

  it('shows its certificate where the server asks for one', async () => {
    const strict = await valkeyServer(program as NonNullable<typeof program>, { mutual: true });
    await strict.start();
    try {
      const { certFile: _cert, keyFile: _key, ...without } = strict.options;
      expect((await connect(strict.options)).ready).toBe(true);
      const none = { ...without, certFile: undefined, keyFile: undefined };
      const ready = await connect(none).then(
        (valkey) => valkey.ready,
        () => false, // at once where the server's reason came before its end
      );
      expect(ready).toBe(false);
    } finally {
      await strict.remove();
    }
  });
});

async function until(condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
