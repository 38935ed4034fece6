// What 200 honest users behind one address do in half an hour, sent to the running API: no alert. The API's clock is moved, so that the
// half hour passes in seconds; everything else of the path is real.
import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { startWatched, type Sent, type WatchedApi } from './fixtures/watched.api.ts';
import { EVERYDAY } from './start.ts';

const OFFICE = '203.0.113.7';
const USERS = 200;
const MINUTES = 30;
const RENEWAL_SECOND = 900;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('honest traffic on the running API', () => {
  let api: WatchedApi;
  beforeAll(async () => {
    const doNotFake = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'];
    doNotFake.push('nextTick', 'performance', 'hrtime', 'queueMicrotask');
    // the clock of the limits is not moved: half an hour of requests comes to them within seconds
    api = await startWatched({}, { rateLimit: { address: { limit: 100_000, windowSeconds: 60, burst: 100_000 } } });
    // from here on: a certificate that is made while the clock stands still may be valid only from a second later
    jest.useFakeTimers({ doNotFake: doNotFake as never, now: Date.now() });
  }, 60_000);
  afterAll(async () => {
    jest.useRealTimers();
    await api.close();
  });

  it('30 minutes of 200 users behind one address: 0 alerts', async () => {
    const random = randomFrom(1);
    const begin = Date.now();
    const scopes = (user: number) => (user < 3 ? [...EVERYDAY, 'audit:read'] : EVERYDAY);
    const mint = (user: number) => api.mint({ subject: `user-${user}`, scopes: scopes(user), expiresInSeconds: 930 });
    const tokens = await Promise.all(Array.from({ length: USERS }, (_, user) => mint(user)));
    const renewed = new Set<number>();

    /** One thing that somebody of the office does in this second. */
    const deed = async (user: number, second: number): Promise<Sent> => {
      const token = tokens[user];
      if (second >= RENEWAL_SECOND + 60 && !renewed.has(user)) {
        renewed.add(user); // the old one is tried once more, as clients do, and then renewed
        tokens[user] = await mint(user);
        return { from: OFFICE, path: '/v1/accounts', token };
      }
      const luck = random();
      if (luck < 0.002) return { from: OFFICE, path: '/v1/accounts', token: await api.forged(`user-${user}`) };
      if (luck < 0.01) return { from: OFFICE, path: '/v1/accounts' };
      if (luck < 0.02) return { from: OFFICE, path: `/v1/accounts/${randomUUID()}`, token };
      if (luck < 0.025) return { from: OFFICE, path: '/favicon.ico' };
      if (luck < 0.5) return { from: OFFICE, path: '/v1/transfers', token };
      return { from: OFFICE, path: '/v1/accounts', token };
    };

    const statuses = new Map<number, number>();
    let sent = 0;
    for (let second = 0; second < MINUTES * 60; second++) {
      jest.setSystemTime(begin + second * 1_000);
      const now: Promise<Sent>[] = [];
      for (let user = 0; user < USERS; user++) if (random() < 0.012) now.push(deed(user, second));
      if (second % 300 === 299) {
        // the batch job
        for (let call = 0; call < 80; call++)
          now.push(Promise.resolve({ from: OFFICE, path: '/v1/accounts', token: tokens[9] }));
      }
      for (const status of await Promise.all(now.map(async (one) => api.send(await one)))) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        sent += 1;
      }
    }
    expect(sent).toBeGreaterThan(4_000);
    expect([...statuses.keys()].sort()).toEqual([200, 401, 404]); // errors as everybody makes them, and nobody refused for the rate
    const findings = await api.findings();
    expect(findings.map(({ message, resources, evidences }) => ({ message, resources, evidences }))).toEqual([]);
  }, 180_000);
});
