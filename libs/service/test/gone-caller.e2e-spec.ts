// Whoever closes the connection early must not be without an address in the request log.
import { once } from 'node:events';
import { Controller, Get, Module, Req } from '@nestjs/common';
import { Returns } from '@gatehouse/validation';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { defineService } from '../src/index.ts';
import { startForTest } from '../src/testing/index.ts';

let seen: (address: string | undefined) => void = () => undefined;

@Controller('v1/wait')
class WaitController {
  @Get()
  @Returns(z.strictObject({}))
  async wait(@Req() request: FastifyRequest): Promise<object> {
    await once(request.raw.socket, 'close');
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
  it('is still known by its address', async () => {
    const service = await startForTest(WaitModule, descriptor);
    try {
      const address = new Promise((resolve) => (seen = resolve));
      void service.raw('GET /v1/wait HTTP/1.1\r\nHost: localhost\r\n\r\n', (socket) =>
        setTimeout(() => socket.destroy(), 200),
      );
      expect(await address).toBe('127.0.0.1');
    } finally {
      await service.close();
    }
  });
});
