// Attacks by volume on a running service, behind a balancer that says whose request it is: what is asked of it by how many, and that
// everybody else is served meanwhile. GATEHOUSE_TEST_HEAVY=1 sends ten times more.
import { connect, type ClientHttp2Session } from 'node:http2';
import { TestIssuer } from '../src/testing/index.ts';
import { type Replica, startReplica } from './fixtures/replica.process.ts';

const TIMES = process.env.GATEHOUSE_TEST_HEAVY ? 10 : 1;
const scopes = ['shared:read'];

/** What a flood may leave behind, in bytes: the young generation of the heap, and 64 MiB for the callers. */
const GROWTH = 224 * 1_048_576;

describe('a service under attack', () => {
  let service: Replica;
  let issuer: TestIssuer;
  let session: ClientHttp2Session;
  beforeAll(async () => {
    issuer = await TestIssuer.create(undefined, 'shared');
    const limits = { maxRequestsInFlight: 10_000 };
    service = await startReplica(issuer, { trustedProxies: ['127.0.0.1'], limits });
    session = connect(service.origin, { ca: service.ca });
  }, 60_000);
  afterAll(async () => {
    session.destroy();
    await service.end();
  });

  const ask = (from: string, token?: string, path = '/v1/mine') =>
    new Promise<number>((resolve, reject) => {
      const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const stream = session.request({ ':path': path, 'x-forwarded-for': from, ...authorization }).resume();
      stream.on('error', reject).on('response', (answer) => resolve(Number(answer[':status'])));
    });
  const memory = () => service.metric('process_resident_memory_bytes');
  const grown = async (before: number) => {
    const bytes = (await memory()) - before;
    process.stderr.write(`grown by ${Math.round(bytes / 1_048_576)} MiB\n`);
    return bytes;
  };
  const ipv4 = (index: number) => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  /** Fifty at a time. */
  const each = async (count: number, send: (index: number) => Promise<number>) => {
    const seen: Record<number, number> = {};
    let next = 0;
    const worker = async () => {
      while (next < count) {
        const status = await send(next++);
        seen[status] = (seen[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: 50 }, worker));
    return seen;
  };

  it('by wrong credentials for one account from thousands of addresses lets its owner and everybody else in', async () => {
    const before = await memory();
    const forged = `${await issuer.token({ subject: 'ada', scopes })}x`;
    const addresses = 1_000 * TIMES;
    let over = false;
    const honest = (async () => {
      const statuses = [];
      for (let index = 0; !over || index < 10; index++)
        for (const subject of ['ada', `user-${index}`])
          statuses.push(await ask(`192.0.2.${index % 250}`, await issuer.token({ subject, scopes })));
      return statuses;
    })();
    const attackers = await each(addresses * 3, (index) => ask(ipv4(index % addresses), forged));
    over = true;
    expect(Object.keys(attackers).sort()).toEqual(['401', '429']);
    expect(attackers[401]).toBeLessThanOrEqual(12); // the account's burst, and what came back meanwhile
    expect(new Set(await honest)).toEqual(new Set([200]));
    expect(await grown(before)).toBeLessThan(GROWTH);
  }, 300_000);

  it('by a guesser inside an office serves the 200 people of the office', async () => {
    const office = '198.51.100.1';
    const people = Array.from({ length: 200 }, (_, index) => `clerk-${index}`);
    const atWork = async () =>
      each(200, async (index) => ask(office, await issuer.token({ subject: people[index], scopes })));
    expect(await atWork()).toEqual({ 200: 200 });
    const guesses = await each(200, async (index) =>
      ask(office, `${await issuer.token({ subject: `admin-${index}`, scopes })}x`),
    );
    expect(guesses[429]).toBeGreaterThan(100);
    expect(await atWork()).toEqual({ 200: 200 }); // each with a new token
  }, 120_000);

  it('from tens of thousands of IPv6 networks stays in its memory, and lets nobody off who is held back', async () => {
    const before = await memory();
    const networks = 20_000 * TIMES;
    const held = '203.0.113.66';
    const token = await issuer.token({ subject: 'greedy', scopes });
    const reports = () => each(30, () => ask(held, token, '/v1/report'));
    expect((await reports())[200]).toBe(4);
    await each(networks, (index) =>
      ask(`2001:db8:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}::1`, undefined, '/v1/plain'),
    );
    expect(await reports()).toEqual({ 429: 30 });
    expect(await service.metric('gatehouse_rate_limit_keys_evicted_total')).toBe(0);
    expect(await service.metric('gatehouse_rate_limit_decisions_total{store="memory"}')).toBeGreaterThan(networks);
    expect(await grown(before)).toBeLessThan(GROWTH);
  }, 300_000);
});
