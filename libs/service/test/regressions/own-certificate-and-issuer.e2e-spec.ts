// A service with a certificate of its own beside the development identity provider: the provider is still trusted by its own CA.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { TestIssuer } from '@gatehouse/authn/testing';
import { Scopes } from '@gatehouse/authz';
import { testAuthority } from '@gatehouse/tls/testing';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService, startService } from '../../src/index.ts';
import { caller } from '../../src/testing/https.caller.ts';

@Controller('v1/things')
class ThingsController {
  @Get()
  @Scopes('things:read')
  @Returns(z.strictObject({ items: z.array(z.string()) }))
  list(): object {
    return { items: [] };
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

let folder: string;
let provider: Server;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'gatehouse-issuer-'))));
afterAll(async () => {
  provider?.close();
  await rm(folder, { recursive: true, force: true });
});

it('takes the tokens of the provider that says in the state folder which CA is its own', async () => {
  const [own, its] = [await testAuthority('CN=Of the service'), await testAuthority('CN=Of the provider')];
  let keys: unknown[] = [];
  provider = createServer(await its.issue(), (_request, response) => response.end(JSON.stringify({ keys })));
  await once(provider.listen(0, '127.0.0.1'), 'listening');
  const { port } = provider.address() as AddressInfo;
  const issuer = await TestIssuer.create(`https://localhost:${port}`, 'things');
  keys = [issuer.publicJwk];
  const { cert, key } = await own.issue();
  const files = {
    cert,
    key,
    its: its.cert,
    identity: JSON.stringify({ issuer: issuer.issuer, caFile: join(folder, 'its') }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  await writeFile(join(folder, 'identity.json'), files.identity);
  const tls = { files: [{ certFile: join(folder, 'cert'), keyFile: join(folder, 'key') }] };
  const ports = { https: 0, http: 0, management: 0 };
  const service = await startService(
    ThingsModule,
    defineService({ root: folder, name: 'things', ports, tls, authn: {}, audit: { enabled: false } }),
    { stateFolder: folder, logLevel: 'silent', env: { GATEHOUSE_IDENTITY_PORT: String(port) } },
  );
  const call = caller(service.urls.https, own.cert, await issuer.token({ scopes: ['things:read'] }));
  expect(await call('GET', '/v1/things')).toMatchObject({ status: 200, body: { items: [] } });
  await service.close();
});
