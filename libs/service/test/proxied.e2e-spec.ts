// A service behind a balancer that ends TLS, and what happens to everybody who is not that balancer.
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { request as requestTls } from 'node:https';
import { Controller, Get, Module, Req } from '@nestjs/common';
import { Public } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService, type ServiceOptions } from '../src/index.ts';
import { startForTest, type TestService } from '../src/testing/index.ts';

@Controller('v1')
@Public('a sample for everybody')
class AddressController {
  @Get('address')
  @Returns(z.strictObject({ address: z.string() }))
  address(@Req() incoming: { ip: string }): object {
    return { address: incoming.ip };
  }
}

@Module({ controllers: [AddressController] })
class AddressModule {}

describe('behind a balancer', () => {
  let service: TestService | undefined;
  afterEach(async () => {
    await service?.close();
    service = undefined;
  });
  const start = async (proxied: NonNullable<NonNullable<ServiceOptions['tls']>['proxied']>) => {
    const ports = { https: 0, http: 0, management: 0 };
    const descriptor = defineService({ root: import.meta.dirname, name: 'proxied', ports, tls: { proxied } });
    service = await startForTest(AddressModule, descriptor);
    return Number(new URL(service.urls.https).port);
  };
  const call = async (port: number, forwarded?: string) => {
    const headers = { host: 'api.example.com', ...(forwarded === undefined ? {} : { forwarded }) };
    const sent = request({ host: '127.0.0.1', port, path: '/v1/address', headers, agent: false }).end();
    const [response] = await once(sent, 'response');
    let body = '';
    for await (const chunk of response) body += chunk;
    return { status: response.statusCode, headers: response.headers, body: JSON.parse(body) };
  };

  it('believes Forwarded of a listed balancer, and nothing else', async () => {
    const port = await start({ protocol: 'forwarded', from: ['127.0.0.1'], insecurePlainHop: true });
    const answer = await call(port, 'for=6.6.6.6;proto=https, for=203.0.113.9;proto=https');
    expect(answer).toMatchObject({ status: 200, body: { address: '203.0.113.9' } });
    expect(answer.headers['strict-transport-security']).toContain('max-age');
    expect(await call(port)).toMatchObject({ status: 400, body: { code: 'malformed-http' } });
    expect(await call(port, 'for=203.0.113.9;proto=http')).toMatchObject({
      status: 403,
      body: { code: 'plain-http-refused' },
    });
  });

  it('closes connections of everybody else unread', async () => {
    const port = await start({ protocol: 'forwarded', from: ['10.0.0.0/8'], insecurePlainHop: true });
    await expect(call(port, 'for=203.0.113.9;proto=https')).rejects.toThrow();
  });

  it('takes the PROXY protocol before TLS', async () => {
    const port = await start({ protocol: 'proxy-v2', from: ['127.0.0.1'] });
    const socket = connect(port, '127.0.0.1');
    socket.write(Buffer.from('0d0a0d0a000d0a515549540a211100140b0b0b0b7f000001126701bb2000050100000000', 'hex'));
    const sent = requestTls({
      createConnection: (_options, done) => {
        void import('node:tls').then((tls) => {
          const secure = tls.connect({ socket, ca: service?.ca, servername: 'localhost' }, () => done(null, secure));
        });
        return undefined;
      },
      host: 'localhost',
      path: '/v1/address',
    }).end();
    const [response] = await once(sent, 'response');
    let body = '';
    for await (const chunk of response) body += chunk;
    expect(JSON.parse(body)).toEqual({ address: '11.11.11.11' });
    await expect(service?.call('GET', '/v1/address')).rejects.toThrow();
  });

  it('is ready, and stops', async () => {
    await start({ protocol: 'proxy-v2', from: ['127.0.0.1'] });
    const { management } = (service as TestService).urls;
    expect(await service?.call('GET', '/health/ready', { origin: management })).toMatchObject({ status: 200 });
  });
});
