import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService, resolveSettings } from '../src/index.ts';
import { startForTest } from '../src/testing/index.ts';
import { sample, SampleModule } from './fixtures/sample.app.ts';

const ports = { https: 0, http: 0, management: 0 };

describe('refuses to start', () => {
  it('with an unknown key in the descriptor, naming it', () => {
    expect(() => defineService({ root: '.', name: 'x1', ports, limit: {} } as never)).toThrow(
      /"x1" is not valid[\s\S]*limit/,
    );
  });

  it('with a proxy list that is everybody', () => {
    for (const proxy of ['0.0.0.0/0', '::/0', '0.0.0.0/1']) {
      expect(() => defineService({ root: '.', name: 'x1', ports, trustedProxies: [proxy] })).toThrow(
        'trusts nearly everybody',
      );
    }
    expect(() => resolveSettings(sample, { GATEHOUSE_TRUSTED_PROXIES: '0.0.0.0/0' })).toThrow(
      'GATEHOUSE_TRUSTED_PROXIES: 0.0.0.0/0 trusts nearly everybody',
    );
  });

  it('with an unknown setting in the environment, suggesting the right one', () => {
    expect(() => resolveSettings(sample, { GATEHOUSE_HTPS_PORT: '1' })).toThrow('did you mean GATEHOUSE_HTTPS_PORT?');
  });

  it('with a malformed setting, naming the variable', () => {
    expect(() => resolveSettings(sample, { GATEHOUSE_HTTPS_PORT: '99999' })).toThrow(
      /GATEHOUSE_HTTPS_PORT=99999[\s\S]*ports.https/,
    );
  });

  it('with a route on which nobody decided, naming each reason', async () => {
    @Controller('open')
    class OpenController {
      @Get()
      list(): object {
        return {};
      }
      @Post()
      @Returns(z.strictObject({}))
      create(@Body({ schema: z.object({ a: z.string() }) }) body: object): object {
        return body;
      }
    }
    @Module({ controllers: [OpenController] })
    class OpenModule {}
    const start = startForTest(OpenModule, sample);
    await expect(start).rejects.toThrow(/GET \/open \(OpenController.list\): declare the answer/);
    await expect(start).rejects.toThrow(/GET \/open \(OpenController.list\): say who may call/);
    await expect(start).rejects.toThrow(/POST \/open \(OpenController.create\): make the body schema strict at #/);
    await expect(start).rejects.toThrow(
      /POST \/open \(OpenController.create\): say what it does in the audit journal: @Audit/,
    );
  });

  it('on a taken port, naming the process and the setting', async () => {
    const first = await startForTest(SampleModule, sample);
    const port = Number(new URL(first.urls.https).port);
    await expect(startForTest(SampleModule, sample, { ports: { ...ports, https: port } })).rejects.toThrow(
      new RegExp(`port ${port} is taken by process ${process.pid}[\\s\\S]*GATEHOUSE_HTTPS_PORT`),
    );
    await first.close();
  });
});

describe('trusted proxies', () => {
  it('ignores X-Forwarded-For of a stranger and believes a listed proxy', async () => {
    // The address is seen in the request log only; what the log gets is what every later step gets.
    expect(resolveSettings(sample, { GATEHOUSE_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1' }).trustedProxies).toEqual([
      '10.0.0.0/8',
      '192.0.2.1',
    ]);
  });
});
