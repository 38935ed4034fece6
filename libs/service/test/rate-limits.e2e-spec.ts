// Limits, load shedding and the limit of connections on a running service, over real TLS.
import { connect, type TLSSocket } from 'node:tls';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Inject, Module, Param } from '@nestjs/common';
import { Cost, RateLimit, SkipThrottle, Throttle, ThrottlerStorage } from '@gatehouse/rate-limit';
import { Public } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService } from '../src/index.ts';
import { startForTest, type TestService } from '../src/testing/index.ts';

const done = z.strictObject({ done: z.boolean() });

@Controller('v1')
@Public('a sample for everybody')
class LimitedController {
  constructor(@Inject(ThrottlerStorage) readonly storage: object) {}

  @Get('plain')
  @Returns(done)
  plain(): object {
    return { done: true };
  }

  @Get('narrow/:id')
  @Throttle({ default: { limit: 60, ttl: 60_000 } })
  @RateLimit({ burst: 3 })
  @Returns(done)
  narrow(@Param('id', { schema: z.string() }) _id: string): object {
    return { done: true };
  }

  @Get('dear')
  @Cost(40)
  @Returns(done)
  dear(): object {
    return { done: true };
  }

  @Get('slow')
  @Returns(done)
  async slow(): Promise<object> {
    await delay(1_500);
    return { done: true };
  }

  @Get('busy')
  @Returns(done)
  async busy(): Promise<object> {
    const end = performance.now() + 2_500;
    while (performance.now() < end) {
      const pause = performance.now() + 60;
      while (performance.now() < pause); // the event loop stands still
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { done: true };
  }
}

@Module({ controllers: [LimitedController] })
class LimitedModule {}

@Controller('v1')
@Public('a sample for everybody')
class SkippingController {
  @Get('skips')
  @SkipThrottle()
  @Throttle({ default: { limit: 5, ttl: 1_000, getTracker: () => 'all' } })
  @Returns(done)
  skips(): object {
    return { done: true };
  }
}

@Module({ controllers: [SkippingController] })
class SkippingModule {}

const descriptor = defineService({
  root: import.meta.dirname,
  name: 'limited',
  ports: { https: 0, http: 0, management: 0 },
  logLevel: 'silent',
});

const statuses = (answers: readonly { status: number }[]) => {
  const seen: Record<number, number> = {};
  for (const { status } of answers) seen[status] = (seen[status] ?? 0) + 1;
  return seen;
};

describe('rate limits of a service', () => {
  let service: TestService | undefined;
  const start = async (overrides: Parameters<typeof startForTest>[2] = {}) =>
    (service = await startForTest(LimitedModule, descriptor, overrides));
  afterEach(async () => {
    await service?.close();
    service = undefined;
  });
  const hundred = { address: { limit: 60, windowSeconds: 60, burst: 100 } };

  it('answer 429 with Retry-After and problem+json, and say how things stand on every answer', async () => {
    const { call } = await start({ rateLimit: hundred });
    const first = await call('GET', '/v1/plain');
    expect(first.headers).toMatchObject({ 'ratelimit-policy': '"address";q=60;w=60', ratelimit: '"address";r=99;t=1' });
    const answers = await Promise.all(Array.from({ length: 130 }, () => call('GET', '/v1/plain')));
    expect(statuses(answers)[200]).toBeLessThan(120);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body).toMatchObject({ code: 'rate-limited', status: 429 });
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(refused?.headers.ratelimit).toMatch(/^"address";r=0;t=\d+$/);
    expect(refused?.headers['content-type']).toContain('application/problem+json');
    expect(refused?.headers['x-content-type-options']).toBe('nosniff');
    const gone = await Promise.all(Array.from({ length: 30 }, () => call('GET', '/no/such/route')));
    expect(statuses(gone)[429]).toBeGreaterThan(0);
    const health = await Promise.all(['live', 'ready', 'live'].map((path) => call('GET', `/health/${path}`)));
    expect(statuses(health)).toEqual({ 200: 3 });
  });

  it('do not take another bucket for a forged header', async () => {
    const { call } = await start({ rateLimit: { address: { limit: 1, windowSeconds: 3_600, burst: 5 } } });
    for (let index = 0; index < 5; index++) await call('GET', '/v1/plain');
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'cf-connecting-ip', 'x-client-ip'])
      expect((await call('GET', '/v1/plain', { headers: { [name]: '203.0.113.9' } })).status).toBe(429);
  });

  it('are the same over HTTP/1.1 and HTTP/2', async () => {
    const { call, urls, ca } = await start({ rateLimit: { address: { limit: 1, windowSeconds: 3_600, burst: 3 } } });
    for (let index = 0; index < 3; index++) expect((await call('GET', '/v1/plain')).status).toBe(200);
    const session = connectHttp2(urls.https, { ca });
    expect(await statusOf(session, '/v1/plain')).toEqual({ status: 429 });
    session.destroy();
  });

  it('believe a listed proxy, hop by hop', async () => {
    const { call } = await start({
      rateLimit: { address: { limit: 1, windowSeconds: 3_600, burst: 2 } },
      trustedProxies: ['127.0.0.1'],
    });
    const from = (client: string) => call('GET', '/v1/plain', { headers: { 'x-forwarded-for': client } });
    for (let index = 0; index < 2; index++) await from('203.0.113.1');
    expect((await from('203.0.113.1')).status).toBe(429);
    expect((await from('198.51.100.7, 203.0.113.1')).status).toBe(429); // what a client wrote before its proxy did
    expect((await from('203.0.113.2')).status).toBe(200);
    expect((await from('2001:db8:1:2::1')).status).toBe(200);
    expect((await from('2001:db8:1:2:ffff::')).status).toBe(200);
    expect((await from('2001:db8:1:2:9::')).status).toBe(429); // one /64
    expect((await from('2001:db8:1:3::1')).status).toBe(200);
  });

  it('hold for a route whatever its parameters, and say both', async () => {
    const { call } = await start();
    const answers = [];
    for (const id of ['1', '2', '3', '4']) answers.push(await call('GET', `/v1/narrow/${id}`));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers[0]?.headers['ratelimit-policy']).toBe('"address";q=12000;w=60, "get-v1-narrow-id";q=60;w=60');
    expect(answers[3]?.headers.ratelimit).toMatch(/^"address";r=\d+;t=\d+, "get-v1-narrow-id";r=0;t=3$/);
    expect((await call('HEAD', '/v1/narrow/1')).status).toBe(429);
    expect((await call('GET', '/v1/plain')).status).toBe(200);
  });

  it('take a route’s cost', async () => {
    const { call } = await start({ rateLimit: hundred });
    const answers = [];
    for (let index = 0; index < 3; index++) answers.push(await call('GET', '/v1/dear'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  });

  it('serve 200 users behind one address who each do a little', async () => {
    const { urls, ca } = await start();
    const user = async () => {
      const session = connectHttp2(urls.https, { ca });
      const own = [];
      for (let index = 0; index < 5; index++) own.push(await statusOf(session, '/v1/plain'));
      session.destroy();
      return own;
    };
    const seen: { status: number }[] = [];
    for (let wave = 0; wave < 10; wave++) seen.push(...(await Promise.all(Array.from({ length: 20 }, user))).flat());
    expect(statuses(seen)).toEqual({ 200: 1_000 });
  }, 120_000);

  it('stop the start for an exemption without a reason and a bucket of the route’s own choice', async () => {
    const started = startForTest(SkippingModule, descriptor);
    await expect(started).rejects.toThrow(/@Unlimited\('…'\) in place of @SkipThrottle/);
    await expect(startForTest(SkippingModule, descriptor)).rejects.toThrow(/remove getTracker/);
  });

  it('stop the start of several replicas with limits in memory in production', async () => {
    const env = { GATEHOUSE_RATE_LIMIT_REPLICAS: '3', NODE_ENV: 'production' };
    await expect(startForTest(LimitedModule, descriptor, { env })).rejects.toThrow(/GATEHOUSE_VALKEY_URL/);
  });

  it('are shown at /policy, with the reason of each exemption', async () => {
    const { call, urls } = await start();
    const { body } = await call('GET', '/policy', { origin: urls.management });
    expect(body.rateLimit).toMatchObject({ store: 'memory', replicas: 1, evicted: 0 });
    const routes = body.routes as { url: string; limits: unknown; cost: number }[];
    expect(routes.find(({ url }) => url === '/health/live')?.limits).toMatchObject({ unlimited: expect.any(String) });
    expect(routes.find(({ url }) => url === '/v1/narrow/:id')?.limits).toMatchObject([{ limit: 60, burst: 3 }]);
  });

  describe('under overload', () => {
    it('refuse beyond the requests in flight with 503 and Retry-After, and answer health', async () => {
      const { call } = await start({ limits: { maxRequestsInFlight: 5 } });
      const slow = Array.from({ length: 25 }, () => call('GET', '/v1/slow'));
      const refused = await Promise.race(slow);
      expect(refused.body).toMatchObject({ code: 'overloaded', status: 503 });
      expect(refused.headers['retry-after']).toMatch(/^[1-3]$/);
      expect((await call('GET', '/health/ready')).status).toBe(200);
      expect(statuses(await Promise.all(slow))).toEqual({ 200: 5, 503: 20 });
      expect((await call('GET', '/v1/plain')).status).toBe(200);
    });

    it('give back the place of a caller that has gone', async () => {
      const { call, urls, ca } = await start({ limits: { maxRequestsInFlight: 2 } });
      const session = connectHttp2(urls.https, { ca });
      session.on('error', () => undefined);
      const occupy = () => void session.request({ ':path': '/v1/slow' }).on('error', () => undefined);
      await until(async () => {
        // both anew: one that comes while the other call is under way is refused, and holds no place
        for (let index = 0; index < 2; index++) occupy();
        return (await call('GET', '/v1/plain')).status === 503;
      });
      session.destroy();
      await until(async () => (await call('GET', '/v1/plain')).status === 200);
    });

    it('refuse while the event loop is late, answer health, and go on afterwards', async () => {
      const { call } = await start({ limits: { maxEventLoopLagMs: 10 } });
      const busy = call('GET', '/v1/busy');
      await until(async () => (await call('GET', '/v1/plain')).status === 503);
      expect((await call('GET', '/health/live')).status).toBe(200);
      expect((await busy).status).toBe(200);
      await until(async () => (await call('GET', '/v1/plain')).status === 200);
    });

    it('close the connections of one address beyond its number, and take new ones when it has closed some', async () => {
      const { call, urls, ca } = await start({ limits: { maxConnectionsPerAddress: 5 } });
      const port = Number(new URL(urls.https).port);
      const open = () => opened(connect({ host: '127.0.0.1', port, servername: 'localhost', ca }));
      const sockets = await Promise.all(Array.from({ length: 5 }, open));
      expect(sockets.every(Boolean)).toBe(true);
      expect(await open()).toBeUndefined();
      await expect(call('GET', '/v1/plain')).rejects.toThrow();
      const { text } = await call('GET', '/metrics', { origin: urls.management });
      expect(text).toMatch(/^http_server_connections_refused_total\{reason="too-many-of-one-address"\} [2-9]$/m);
      sockets.forEach((socket) => socket?.destroy());
      await until(() =>
        call('GET', '/v1/plain').then(
          ({ status }) => status === 200,
          () => false,
        ),
      );
    });
  });
});

function statusOf(session: ClientHttp2Session, path: string): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({ ':path': path }).resume();
    stream.on('error', reject).on('response', (headers) => resolve({ status: Number(headers[':status']) }));
  });
}

function opened(socket: TLSSocket): Promise<TLSSocket | undefined> {
  return new Promise((resolve) => {
    socket.on('secureConnect', () => resolve(socket));
    socket.on('error', () => resolve(undefined)).on('close', () => resolve(undefined));
  });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not in time: ${condition.toString()}`);
    await delay(25);
  }
}
