// What can be done to a server with HTTP/2 frames that no honest client sends (CVE-2023-44487, CVE-2024-27316, CVE-2019-9511 to 9518):
// the connection ends, others are served meanwhile, and memory does not grow with the attack. GATEHOUSE_TEST_HEAVY=1 sends ten times more.
import { TestIssuer } from '../src/testing/index.ts';
import { FLAG, floodWith, FRAME, frame, getHeaders, openRaw } from './fixtures/raw-http2.client.ts';
import { type Replica, startReplica } from './fixtures/replica.process.ts';
import { until } from './fixtures/until.ts';

const TIMES = process.env.GATEHOUSE_TEST_HEAVY ? 10 : 1;

/** What an attack may leave behind, in bytes: a plateau of some 165 MiB, most of it the young generation of the heap. */
const GROWTH = 200 * 1_048_576;

describe('a flood of HTTP/2 frames', () => {
  let service: Replica;
  let before: number;
  beforeAll(async () => {
    const limits = { requestTimeoutMs: 1_000, headersTimeoutMs: 1_000, handlerTimeoutMs: 1_000 };
    service = await startReplica(await TestIssuer.create(undefined, 'shared'), { limits });
    before = await memory();
  }, 60_000);
  afterAll(() => service.end());

  const memory = () => service.metric('process_resident_memory_bytes');
  const headers = (stream: number, flags: number = FLAG.endHeaders | FLAG.endStream) =>
    frame(FRAME.headers, flags, stream, getHeaders('/v1/plain'));
  const cancel = Buffer.from([0, 0, 0, 8]);

  const attack = async (connections: number, most: number, make: (index: number) => Buffer, reads = true) => {
    let serving = true;
    const answered = (async () => {
      while (serving) expect((await service.call('GET', '/health/live')).status).toBe(200);
    })();
    const results = [];
    for (let index = 0; index < connections * TIMES; index++)
      results.push(await floodWith(await openRaw(service.origin, service.ca), most, make, reads));
    serving = false;
    await answered;
    expect((await memory()) - before).toBeLessThan(GROWTH);
    return results;
  };

  it.each([
    [
      'streams that are reset at once',
      (index: number) => Buffer.concat([headers(index * 2 + 1), frame(FRAME.reset, 0, index * 2 + 1, cancel)]),
    ],
    [
      'a header block that never ends',
      (index: number) => (index === 0 ? headers(1, 0) : frame(FRAME.continuation, 0, 1, Buffer.alloc(1_000, 0x40))),
    ],
    [
      'a header block of empty parts',
      (index: number) => (index === 0 ? headers(1, 0) : frame(FRAME.continuation, 0, 1)),
    ],
    ['streams beyond their number', (index: number) => headers(index * 2 + 1, FLAG.endHeaders)],
    ['data of no bytes', (index: number) => (index === 0 ? headers(1, FLAG.endHeaders) : frame(FRAME.data, 0, 1))],
    ['window updates of nothing', () => frame(FRAME.windowUpdate, 0, 0, Buffer.alloc(4))],
  ] as [string, (index: number) => Buffer][])(
    'of %s ends the connection',
    async (_what, make) => {
      const results = await attack(3, 40_000, make);
      expect(results.map(({ ended }) => ended)).toEqual(results.map(() => true));
    },
    120_000,
  );

  it('of resets in one read reaches the request path no more often than a client may reset', async () => {
    const decided = () => service.metric('gatehouse_rate_limit_decisions_total{store="memory"}');
    const earlier = await decided();
    const socket = await openRaw(service.origin, service.ca);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    const pair = (index: number) =>
      Buffer.concat([headers(index * 2 + 1), frame(FRAME.reset, 0, index * 2 + 1, cancel)]);
    socket.on('error', () => undefined).resume();
    socket.write(Buffer.concat(Array.from({ length: 1_500 }, (_, index) => pair(index))));
    await ended;
    const reached = (await decided()) - earlier;
    expect(reached).toBeGreaterThan(100);
    expect(reached).toBeLessThan(300); // 200 at once, and what one second gives; 356 while Node alone counts
  }, 60_000);

  it.each([
    ['pings', () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ['settings', () => frame(FRAME.settings, 0, 0)],
    ['priorities', (index: number) => frame(FRAME.priority, 0, (index % 1_000) * 2 + 1, Buffer.from([0, 0, 0, 0, 16]))],
  ] as [string, (index: number) => Buffer][])(
    'of %s takes neither memory nor the service from others, whether its answers are read or not',
    async (_what, make) => {
      await attack(1, 10_000, make);
      await attack(2, 10_000, make, false);
    },
    240_000,
  );

  it('is not needed to hold answers: those that nobody reads are given up', async () => {
    const socket = await openRaw(service.origin, service.ca, [[4, 0]]); // windows of no bytes
    let ended = false;
    socket.once('close', () => (ended = true)).resume();
    socket.write(Buffer.concat(Array.from({ length: 100 }, (_, index) => headers(index * 2 + 1))));
    await until(async () => ended || (await memory()) - before > GROWTH, 30_000);
    expect((await memory()) - before).toBeLessThan(GROWTH);
    expect((await service.call('GET', '/v1/plain')).status).toBe(200);
    socket.destroy();
  }, 60_000);
});
