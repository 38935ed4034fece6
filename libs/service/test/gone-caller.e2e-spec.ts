// Whoever closes the connection early must not be without an address in the request log.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { Controller, Get, Module, Req } from '@nestjs/common';
import { Public } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { defineService } from '../src/index.ts';
import { startForTest, type TestService } from '../src/testing/index.ts';

let seen: (address: string | undefined) => void = () => undefined;

@Controller('v1/wait')
@Public('a sample for everybody')
class WaitController {
  @Get()
  @Returns(z.strictObject({}))
  async wait(@Req() request: FastifyRequest): Promise<object> {
    await once(request.raw.httpVersionMajor === 2 ? request.raw : request.raw.socket, 'close');
    seen(request.ip);
    return {};
  }
}

@Module({ controllers: [WaitController] })
class WaitModule {}

const descriptor = defineService({
  root: import.meta.dirname,
  name: 'wait',
  ports: { https: 0, http: 0, management: 0 },
});

describe('a caller that has gone', () => {
  let service: TestService;
  beforeAll(async () => void (service = await startForTest(WaitModule, descriptor)));
  afterAll(() => service?.close());
  const addressSeen = () => new Promise((resolve) => (seen = resolve));

  it('is still known by its address', async () => {
    const address = addressSeen();
    void service.raw('GET /v1/wait HTTP/1.1\r\nHost: localhost\r\n\r\n', (socket) =>
      setTimeout(() => socket.destroy(), 200),
    );
    expect(await address).toBe('127.0.0.1');
  });

  it('is still known by its address over HTTP/2, whose socket cannot be asked any more', async () => {
    const address = addressSeen();
    const session = connect(service.urls.https, { ca: readFileSync(service.caFile ?? '') });
    session.on('error', () => undefined);
    session.request({ ':path': '/v1/wait' }).on('error', () => undefined);
    setTimeout(() => session.destroy(), 200);
    expect(await address).toBe('127.0.0.1');
  });
});
