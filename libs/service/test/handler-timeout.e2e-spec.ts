// A handler that never comes back must not hold its caller, whether or not the request had a body.
import { setTimeout as delay } from 'node:timers/promises';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { Audit } from '@gatehouse/audit';
import { Public } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService } from '../src/index.ts';
import { startForTest, type TestService } from '../src/testing/index.ts';

const empty = z.strictObject({});

@Controller('v1/slow')
@Public('a sample for everybody')
class SlowController {
  @Get()
  @Returns(empty)
  get(): Promise<object> {
    return new Promise(() => undefined);
  }

  @Post()
  @Audit('slow.create')
  @Returns(empty, { status: 201 })
  create(@Body({ schema: empty }) _body: object): Promise<object> {
    return new Promise(() => undefined);
  }

  @Get('fails-later')
  @Returns(empty)
  async failsLater(): Promise<object> {
    await delay(600);
    throw new Error('too late to matter');
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

const slow = defineService({
  root: import.meta.dirname,
  name: 'slow',
  ports: { https: 0, http: 0, management: 0 },
  limits: { handlerTimeoutMs: 300 },
});

describe('a handler that takes too long', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startForTest(SlowModule, slow);
  });
  afterAll(() => service.close());

  const timedOut = { status: 503, body: expect.objectContaining({ code: 'handler-timeout' }) as object };

  it('is answered for with 503', async () => {
    expect(await service.call('GET', '/v1/slow')).toMatchObject(timedOut);
  });

  it('is answered for with 503 after a body too', async () => {
    expect(await service.call('POST', '/v1/slow', { body: {} })).toMatchObject(timedOut);
  });

  it('may fail later without harm', async () => {
    expect(await service.call('GET', '/v1/slow/fails-later')).toMatchObject(timedOut);
    await delay(500);
    expect((await service.call('GET', '/health/live')).status).toBe(200);
  });
});
