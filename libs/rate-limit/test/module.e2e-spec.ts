// The limits in an application that is not made by @gatehouse/service, over a real socket.
import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ThrottlerGuard } from '@nestjs/throttler';
import { Cost, RateLimit, RateLimitModule, SkipThrottle, Throttle, Unlimited } from '../src/index.ts';

@Controller()
class PlainController {
  @Get('plain')
  plain() {
    return 'plain';
  }

  @Get('narrow')
  @Throttle({ default: { limit: 60, ttl: 60_000 } })
  @RateLimit({ burst: 2 })
  narrow() {
    return 'narrow';
  }

  @Get('dear')
  @Cost(40)
  dear() {
    return 'dear';
  }

  @Get('health')
  @Unlimited('a balancer asks, and counts a refusal as death')
  health() {
    return 'ok';
  }
}

@Controller()
class SkippingController {
  @Get('skips')
  @SkipThrottle()
  skips() {
    return 'never';
  }
}

@Module({
  imports: [RateLimitModule.forRoot({ address: { limit: 600, windowSeconds: 60, burst: 100 } })],
  controllers: [PlainController, SkippingController],
})
class PlainModule {}

@Module({
  imports: [RateLimitModule.forRoot()],
  controllers: [PlainController],
  providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
})
class TheirsModule {}

describe('RateLimitModule in a plain application', () => {
  let app: NestFastifyApplication;
  let origin: string;
  const start = async (module: object) => {
    app = await NestFactory.create<NestFastifyApplication>(module as never, new FastifyAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    origin = await app.getUrl();
  };
  afterEach(() => app.close());
  const get = (path: string, headers = {}) => fetch(`${origin}${path}`, { headers });

  it('limits by address and by route, says so in the headers, and never health', async () => {
    await start(PlainModule);
    const first = await get('/narrow');
    expect(first.headers.get('ratelimit-policy')).toBe(
      '"address";q=600;w=60, "route-plaincontroller-narrow";q=60;w=60',
    );
    expect(first.headers.get('ratelimit')).toBe('"address";r=99;t=1, "route-plaincontroller-narrow";r=1;t=1');
    await get('/narrow');
    const third = await get('/narrow');
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await get('/plain')).status).toBe(200);
    expect([(await get('/dear')).status, (await get('/dear')).status, (await get('/dear')).status]).toEqual([
      200, 200, 429,
    ]);
    const many = await Promise.all(Array.from({ length: 100 }, () => get('/plain')));
    expect(many.filter(({ status }) => status === 429).length).toBeGreaterThan(50);
    const forged = await get('/dear', { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' });
    expect(forged.status).toBe(429);
    expect((await get('/health')).status).toBe(200);
  });

  it('answers 500 on a route that skips without a reason', async () => {
    await start(PlainModule);
    expect((await get('/skips')).status).toBe(500);
  });

  it('gives the guard of @nestjs/throttler an exact storage, and leaves its decorators and names', async () => {
    await start(TheirsModule);
    expect((await get('/narrow')).status).toBe(200);
  });
});
