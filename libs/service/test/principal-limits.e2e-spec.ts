// Limits of callers that are known, and of those who guess, on a running service with real tokens.
import { connect, type ClientHttp2Session } from 'node:http2';
import { startForTest, type TestService } from '../src/testing/index.ts';
import { shared, SharedModule } from './fixtures/shared.app.ts';

const hour = (burst: number) => ({ limit: 1, windowSeconds: 3_600, burst });
const scopes = ['shared:read'];

describe('limits of a service, by who calls', () => {
  let service: TestService;
  const start = async (rateLimit: object) => {
    const descriptor = shared({ rateLimit, trustedProxies: ['127.0.0.1'], logLevel: 'silent' });
    service = await startForTest(SharedModule, descriptor);
  };
  afterEach(() => service?.close());

  let last = 0;
  const fresh = () => `10.${(++last >> 16) & 255}.${(last >> 8) & 255}.${last & 255}`;
  const ask = async (token: string | undefined, { path = '/v1/mine', from = fresh() } = {}) => {
    const authorization = token && `Bearer ${token}`;
    return service.call('GET', path, { headers: { authorization, 'x-forwarded-for': from } });
  };
  const passed = async (times: number, send: () => Promise<{ status: number }>) => {
    let count = 0;
    for (let index = 0; index < times; index++) if ((await send()).status === 200) count += 1;
    return count;
  };
  const metric = async (series: string) => {
    const { text } = await service.call('GET', '/metrics', { origin: service.urls.management });
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length) ?? NaN,
    );
  };

  it('follow a caller from address to address, and from token to token', async () => {
    await start({ principal: hour(6) });
    const send = async () => ask(await service.mint({ subject: 'ada', scopes }));
    expect(await passed(9, send)).toBe(6);
    const refused = await send();
    expect(refused.body).toMatchObject({ status: 429, code: 'rate-limited' });
    expect(refused.headers.ratelimit).toMatch(/^"address";r=\d+;t=\d+, "principal";r=0;t=\d+$/);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_500);
    expect(await metric('gatehouse_rate_limit_refusals_total{limit="principal"}')).toBe(4);
  });

  it('are each caller’s own, also behind one address', async () => {
    await start({ principal: hour(3) });
    const from = fresh();
    for (const subject of ['ada', 'grace', 'mary']) {
      const token = await service.mint({ subject, scopes });
      expect(await passed(5, () => ask(token, { from }))).toBe(3);
    }
  });

  it('are those of the plan in the token; an unknown plan is none', async () => {
    await start({ principal: hour(2), plans: { free: hour(3), gold: hour(7) } });
    const of = async (plan: string | undefined) => {
      const token = await service.mint({ subject: `on-${plan}`, scopes, claims: { plan } });
      return passed(9, () => ask(token));
    };
    expect([await of('free'), await of('gold'), await of('platinum'), await of(undefined)]).toEqual([3, 7, 2, 2]);
  });

  it('take the cost of a route, from the caller and from the route, and charge neither when one refuses', async () => {
    await start({ principal: hour(22) });
    const token = await service.mint({ subject: 'ada', scopes });
    expect(await passed(9, () => ask(token, { path: '/v1/report' }))).toBe(4); // 20 at 5 each
    expect(await passed(9, () => ask(token))).toBe(2); // what is left of 22
  });

  it('count the address before it is asked who calls', async () => {
    await start({ address: hour(5) });
    const [from, token] = [fresh(), await service.mint({ subject: 'ada', scopes })];
    const statuses = [];
    for (let index = 0; index < 8; index++) statuses.push((await ask('not-a-token', { from })).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect((await ask(token, { from })).status).toBe(429);
    expect((await ask(token)).status).toBe(200);
    expect((await ask('not-a-token', { from })).headers['www-authenticate']).toBeUndefined();
  });

  it('let no more than the pace and one burst pass over several windows, without a gap or a double at an edge', async () => {
    const pace = { limit: 20, windowSeconds: 0.5, burst: 5 };
    await start({ principal: pace });
    const session = connect(service.urls.https, { ca: service.ca });
    const headers = { ':path': '/v1/mine', authorization: `Bearer ${await service.mint({ subject: 'ada', scopes })}` };
    await status(session, { ...headers, ':path': '/v1/plain' });
    const times: number[] = [];
    const begin = performance.now();
    while (performance.now() - begin < 2_600) {
      const statuses = await Promise.all(Array.from({ length: 8 }, () => status(session, headers)));
      const now = performance.now() - begin;
      times.push(...statuses.filter((one) => one === 200).map(() => now));
    }
    session.destroy();
    const took = performance.now() - begin;
    expect(times.length).toBeLessThanOrEqual(Math.ceil(5 + (took / 500) * 20));
    expect(times.length).toBeGreaterThanOrEqual(40); // 109 on an idle machine
    // answers are seen a little later than they are decided: 100 ms of pace for that
    for (const from of times)
      expect(times.filter((at) => at >= from && at < from + 500).length).toBeLessThanOrEqual(29);
  }, 30_000);

  describe('for wrong credentials', () => {
    const guesses = { failedAuthentication: { address: hour(6), account: hour(4) } };
    const wrong = async (subject: string) => `${await service.mint({ subject, scopes })}x`;

    it('stop an address that guesses at many accounts, and nobody else', async () => {
      await start(guesses);
      const from = fresh();
      const statuses = [];
      for (let index = 0; index < 9; index++) statuses.push((await ask(await wrong(`user-${index}`), { from })).status);
      expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429, 429, 429]);
      const good = await service.mint({ subject: 'ada', scopes });
      expect((await ask(good, { from })).status).toBe(429); // not known there
      expect((await ask(good)).status).toBe(200);
      expect(await metric('gatehouse_rate_limit_refusals_total{limit="failed-by-address"}')).toBeGreaterThan(0);
    });

    it('do not shut out those who are known at the address of a guesser', async () => {
      await start(guesses);
      const from = fresh();
      expect((await ask(await service.mint({ subject: 'ada', scopes }), { from })).status).toBe(200);
      for (let index = 0; index < 9; index++) await ask(await wrong(`user-${index}`), { from });
      expect((await ask(await wrong('eve'), { from })).status).toBe(429);
      expect((await ask(await service.mint({ subject: 'ada', scopes }), { from })).status).toBe(200); // a new token
    });

    it('answer guesses at one account from many addresses with 429, and let its owner in from a new one', async () => {
      await start(guesses);
      const statuses = [];
      for (let index = 0; index < 8; index++) statuses.push((await ask(await wrong('ada'))).status);
      expect(statuses).toEqual([401, 401, 401, 401, 429, 429, 429, 429]);
      expect((await ask(await service.mint({ subject: 'ada', scopes }))).status).toBe(200);
      expect(await metric('gatehouse_rate_limit_refusals_total{limit="failed-by-account"}')).toBeGreaterThan(0);
    });

    it('are no requests of the caller, and the other way round', async () => {
      await start({ ...guesses, principal: hour(3) });
      for (let index = 0; index < 4; index++) await ask(await wrong('ada'));
      const token = await service.mint({ subject: 'ada', scopes });
      expect(await passed(5, () => ask(token))).toBe(3);
      expect((await ask(await wrong('grace'))).status).toBe(401);
    });
  });
});

function status(session: ClientHttp2Session, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers).resume();
    stream.on('error', reject).on('response', (answer) => resolve(Number(answer[':status'])));
  });
}
