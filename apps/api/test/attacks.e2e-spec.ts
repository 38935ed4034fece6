// Scripted attacks on the running API: each is told within ten seconds of its first request, by the rule that is for it, and changes
// nothing for anybody else.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@gatehouse/secrets/testing';
import { startWatched, type WatchedApi } from './fixtures/watched.api.ts';
import { EVERYDAY } from './start.ts';

/** What the goal allows from the first request of an attack to its alert. */
const WITHIN_MS = 10_000;

describe('an attack on the running API alerts within 10 s', () => {
  let api: WatchedApi;
  beforeAll(async () => {
    // the baseline of a principal is two minutes by default: here two seconds
    const unusualVolume = { sliceSeconds: 0.4, slices: 6, minimumSlices: 4, floor: 40 };
    api = await startWatched({ rules: { unusualVolume } });
  }, 60_000);
  afterAll(() => api.close());

  /** Waits for the alert of a rule that there was none of. */
  async function alertOf(rule: string, attack: () => Promise<unknown>) {
    const found = async () => (await api.findings()).find(({ finding_info }) => finding_info.analytic.uid === rule);
    expect(await found()).toBeUndefined();
    const begun = performance.now();
    await attack();
    await until(async () => (await found()) !== undefined, WITHIN_MS);
    expect(performance.now() - begun).toBeLessThan(WITHIN_MS);
    return found();
  }
  const each = async (count: number, send: (index: number) => Promise<number>) => {
    const statuses: number[] = [];
    for (let index = 0; index < count; index++) statuses.push(await send(index));
    return new Set(statuses);
  };
  const path = '/v1/accounts';
  const guess = async (from: string, subject: string, agent?: string) =>
    api.send({ from, path, agent, token: await api.forged(subject) });

  it('credential stuffing: a list of accounts, each tried once', async () => {
    let statuses = new Set<number>();
    const attack = async () => void (statuses = await each(40, (index) => guess('198.51.100.1', `leaked-${index}`)));
    const alert = await alertOf('credentialStuffing', attack);
    expect(statuses).toEqual(new Set([401]));
    expect(alert?.evidences[0]?.data).toMatchObject({ attempts: 25 });
  });

  it('brute force on one account from one address', async () => {
    await alertOf('bruteForce', () => each(9, () => guess('198.51.100.2', 'admin')));
  });

  it('password spraying: one password over a few accounts, by agents that are told apart by nothing', async () => {
    const quiet = await startWatched({ rules: { credentialStuffing: false } });
    try {
      for (let index = 0; index < 12; index++)
        await quiet.send({ from: '2001:db8:5::7', path, token: await quiet.forged(`staff-${index % 9}`) });
      const rules = (await quiet.findings()).map(({ finding_info }) => finding_info.analytic.uid);
      expect(rules).toEqual(['passwordSpraying']);
    } finally {
      await quiet.close();
    }
  });

  it('brute force on one account from many addresses, one try each', async () => {
    const alert = await alertOf('distributedBruteForce', () =>
      each(14, (index) => guess(`203.0.${index}.9`, 'treasurer', `app/${index % 4}`)),
    );
    expect(alert?.resources[0]?.type).toBe('account');
  });

  it('a scanner, by its paths and by its name', async () => {
    const paths = ['/.env', '/.git/config', '/wp-login.php', '/phpmyadmin/', '/backup.sql'];
    const from = '198.51.100.3';
    await alertOf('scannerPath', () => each(5, (index) => api.send({ from, path: paths[index] ?? '' })));
    await alertOf('scannerAgent', () => each(3, () => api.send({ from, path: '/health/live', agent: 'nuclei' })));
  });

  it('a burst of 404 without a route', async () => {
    await alertOf('probing', () => each(14, (index) => api.send({ from: '198.51.100.4', path: `/api/v${index}` })));
  });

  it('a burst of 403 and 404 for the objects of others, by a caller that is proven', async () => {
    const token = await api.mint({ subject: 'mallory', scopes: EVERYDAY });
    const weak = await api.mint({ subject: 'mallory', scopes: [] });
    let statuses = new Set<number>();
    const attack = async () =>
      void (statuses = await each(14, (index) =>
        api.send({ from: '198.51.100.5', path: `${path}/${randomUUID()}`, token: index % 2 ? weak : token }),
      ));
    const alert = await alertOf('objectProbing', attack);
    expect(statuses).toEqual(new Set([403, 404]));
    expect(alert?.resources[0]?.type).toBe('principal');
  });

  it('going on after 429', async () => {
    const from = '198.51.100.6';
    const token = await api.forged('victim');
    let statuses = new Set<number>();
    const attack = async () => void (statuses = await each(70, () => api.send({ from, path, token }))); // guessing is refused after ten tries
    const alert = await alertOf('limitPressure', attack);
    expect(statuses).toEqual(new Set([401, 429]));
    expect(alert?.resources[0]?.type).toBe('address');
  });

  it('a stolen token, used from the networks of the thief while its owner goes on', async () => {
    const token = await api.mint({ subject: 'ada', scopes: ['accounts:read'] });
    const networks = ['203.0.113.7', '198.18.0.9', '198.19.1.9', '203.0.113.7'];
    let statuses = new Set<number>();
    const attack = async () =>
      void (statuses = await each(4, (index) => api.send({ from: networks[index] ?? '', path, token })));
    const alert = await alertOf('credentialNetworks', attack);
    expect(statuses).toEqual(new Set([200]));
    expect(alert?.resources[0]?.type).toBe('credential');
  });

  it('an API key that is used from several networks, which is taken back where that is asked for', async () => {
    const strict = await startWatched({ responses: { revoke: { rules: ['credentialNetworks'] } } });
    try {
      const headers = { forwarded: 'for=203.0.113.7;proto=https' };
      const made = await strict.call('POST', '/v1/api-keys', {
        headers,
        body: { name: 'k', scopes: ['accounts:read'] },
      });
      const use = (from: string) => strict.send({ from, path, token: made.body.key as string });
      for (const from of ['203.0.113.7', '198.18.0.9', '198.19.1.9']) expect(await use(from)).toBe(200);
      await until(async () => (await use('203.0.113.7')) === 401, WITHIN_MS);
    } finally {
      await strict.close();
    }
  });

  it('administration from a network that is new for the administrator, and not a user who manages keys', async () => {
    const user = await api.mint({ subject: 'mover', scopes: [...EVERYDAY, 'api-keys:manage'] });
    expect(await api.send({ from: '203.0.113.51', path: '/v1/api-keys', token: user })).toBe(200);
    expect(await api.send({ from: '198.18.78.1', path: '/v1/api-keys', token: user })).toBe(200);
    const token = await api.mint({ subject: 'root', scopes: [...EVERYDAY, 'audit:read'] });
    await each(3, () => api.send({ from: '203.0.113.50', path, token }));
    await alertOf('newNetworkAdmin', () => api.send({ from: '198.18.77.1', path, token }));
    const alerted = (await api.findings()).filter(
      ({ finding_info }) => finding_info.analytic.uid === 'newNetworkAdmin',
    );
    expect(alerted).toHaveLength(1);
    const other = await api.mint({ subject: 'deputy', scopes: [...EVERYDAY, 'admin:users'] });
    await each(2, () => api.send({ from: '203.0.113.52', path, token: other }));
    await api.send({ from: '198.18.79.1', path, token: other });
    const all = async () =>
      (await api.findings()).filter(({ finding_info }) => finding_info.analytic.uid === 'newNetworkAdmin').length;
    await until(async () => (await all()) === 2, WITHIN_MS);
  });

  it('a caller that takes all it can get, after ordinary use', async () => {
    const token = await api.mint({ subject: 'exporter', scopes: EVERYDAY });
    const from = '203.0.113.60';
    for (let slice = 0; slice < 8; slice++) {
      await each(2, () => api.send({ from, path, token }));
      await delay(400); // the baseline is made of time that passes
    }
    const burst = () => Promise.all(Array.from({ length: 300 }, () => api.send({ from, path, token })));
    const alert = await alertOf('unusualVolume', burst);
    expect(alert?.evidences[0]?.data.requests).toBeGreaterThan(40);
  });

  it('leaves everybody else alone, and was told each thing once', async () => {
    expect(await api.send({ from: '203.0.113.99', path, token: api.token })).toBe(200);
    expect(await api.send({ from: '198.51.100.1', path, token: api.token })).toBe(200); // even from an attacker's address
    const subjects = (await api.findings()).map(
      ({ finding_info, resources }) => `${finding_info.analytic.uid} ${JSON.stringify(resources)}`,
    );
    expect(new Set(subjects).size).toBe(subjects.length);
  });
});
