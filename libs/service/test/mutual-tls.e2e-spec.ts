// Two services that know each other by their certificates, as a private PKI would give them.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { clientCertificateGuard, type ClientIdentity } from '@gatehouse/tls';
import { testAuthority, type TestAuthority } from '@gatehouse/tls/testing';
import { Public } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService } from '../src/index.ts';
import { startForTest, type TestService } from '../src/testing/index.ts';

const caller = z.strictObject({ caller: z.string() });

@Controller('v1')
@Public('a sample for everybody')
class PeerController {
  @Get('internal')
  @UseGuards(clientCertificateGuard({ allow: ['spiffe://example.test/peers/*'] }))
  @Returns(caller)
  internal(@Req() request: { clientIdentity: ClientIdentity }): object {
    return { caller: request.clientIdentity.id };
  }

  @Get('open')
  @Returns(caller)
  open(): object {
    return { caller: 'anybody' };
  }
}

@Module({ controllers: [PeerController] })
class PeerModule {}

describe('two services over mutual TLS', () => {
  let folder: string;
  let ca: TestAuthority;
  const running: TestService[] = [];
  const start = async (name: string, mode: 'required' | 'optional') => {
    const descriptor = defineService({
      root: import.meta.dirname,
      name,
      ports: { https: 0, http: 0, management: 0 },
      tls: { clientCertificates: { mode, caFile: join(folder, 'clients.pem') } },
    });
    const service = await startForTest(PeerModule, descriptor, { stateFolder: join(folder, name) });
    running.push(service);
    return service;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-mtls-'));
    ca = await testAuthority('CN=Peers');
    await writeFile(join(folder, 'clients.pem'), ca.cert);
  });
  afterAll(async () => {
    await Promise.all(running.map((service) => service.close()));
    await rm(folder, { recursive: true, force: true });
  });

  const identity = (name: string, from = ca) =>
    from.issue({ names: [], uris: [`spiffe://example.test/${name}`], purpose: 'client' });
  const call = async (service: TestService, path: string, options: RequestOptions = {}) => {
    const sent = request(new URL(path, service.urls.https), { ca: service.ca, agent: false, ...options }).end();
    const [response] = await once(sent, 'response');
    let body = '';
    for await (const chunk of response) body += chunk;
    return { status: response.statusCode, body: JSON.parse(body) as Record<string, unknown> };
  };

  it('know each other by SPIFFE ID, both ways, and nobody else connects', async () => {
    const [users, orders] = [await start('users', 'required'), await start('orders', 'required')];
    for (const [service, other] of [
      [users, 'orders'],
      [orders, 'users'],
    ] as const) {
      const answer = await call(service, '/v1/internal', await identity(`peers/${other}`));
      expect(answer).toEqual({ status: 200, body: { caller: `spiffe://example.test/peers/${other}` } });
      await expect(call(service, '/v1/open')).rejects.toThrow();
      const stranger = await identity(`peers/${other}`, await testAuthority('CN=Peers'));
      await expect(call(service, '/v1/open', stranger)).rejects.toThrow();
    }
  });

  it('can require a certificate of one route alone', async () => {
    const service = await start('mixed', 'optional');
    expect(await call(service, '/v1/open')).toMatchObject({ status: 200 });
    expect(await call(service, '/v1/internal')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await call(service, '/v1/internal', await identity('others/a'))).toMatchObject({ status: 403 });
    expect(await call(service, '/v1/internal', await identity('peers/a'))).toMatchObject({ status: 200 });
  });

  it('do not ask for a certificate on the management listener', async () => {
    const [service] = running;
    const answer = await call(service as TestService, `${service?.urls.management}/health/ready`);
    expect(answer).toMatchObject({ status: 200 });
  });
});
