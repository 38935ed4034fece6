// A service that calls another by mutual TLS: its client certificate comes from the vault's PKI by a role of its own, rotates while calls go
// on, and is another than the one that it serves with.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { Public } from '@gatehouse/authz';
import { HttpClientModule, InjectHttpClient, createHttpClient, type HttpClient } from '@gatehouse/http-client';
import { createVaultClient, vaultFromEnvironment } from '@gatehouse/secrets';
import { approleEnvironment, describeOpenBao, OpenBao, prepareApi } from '@gatehouse/secrets/testing';
import {
  CLIENT_CERTIFICATE,
  clientCertificateGuard,
  createIdentity,
  type ClientCertificateSource,
} from '@gatehouse/tls';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService, startService, type RunningService } from '../src/index.ts';

const ID = 'spiffe://example.test/orders';
/** As many as the test wants. */
const CALLS = { address: { limit: 1_000_000, windowSeconds: 60 } };
const caller = z.strictObject({ caller: z.string(), serial: z.string() });

@Controller('v1')
@Public('a sample for everybody')
class UsersController {
  @Get('internal')
  @UseGuards(clientCertificateGuard({ allow: [ID] }))
  @Returns(caller)
  internal(@Req() request: { clientIdentity: { id: string }; raw: { socket: TLSSocket } }): object {
    return { caller: request.clientIdentity.id, serial: request.raw.socket.getPeerCertificate().serialNumber };
  }
}

@Module({ controllers: [UsersController] })
class UsersModule {}

@Controller('v1')
@Public('a sample for everybody')
class OrdersController {
  constructor(@InjectHttpClient('users') private readonly users: HttpClient) {}

  @Get('relay')
  @Returns(caller)
  async relay(): Promise<object> {
    return (await this.users.get(`https://${host}/v1/internal`)).json(caller);
  }
}

/** Where the other one listens, and the CA of both: known before the second module is made. */
let host = '';
let ca = '';

function ordersModule() {
  @Module({
    imports: [
      HttpClientModule.forRootAsync({
        inject: [CLIENT_CERTIFICATE],
        useFactory: (clientCertificate: ClientCertificateSource) => ({
          clients: {
            users: {
              allow: [{ host, mutualTls: true }],
              ca,
              clientCertificate,
              insecureLoopback: true,
              limits: { connectionLifetimeMs: 50 },
              retry: { attempts: 0 },
            },
          },
        }),
      }),
      HttpClientModule.forFeature('users'),
    ],
    controllers: [OrdersController],
  })
  class OrdersModule {}
  return OrdersModule;
}

describeOpenBao('an identity from the PKI engine of a vault', (program) => {
  let bao: OpenBao;
  let folder: string;
  let users: RunningService;
  const open: { close(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    bao = await OpenBao.start(program);
    await bao.must('PUT', 'sys/policies/acl/caller', {
      policy: 'path "pki/sign/caller" { capabilities = ["update"] }',
    });
    await prepareApi(bao, { token_policies: ['api', 'caller'] });
    await bao.must('PUT', 'sys/mounts/pki', { type: 'pki' });
    await bao.must('PUT', 'pki/root/generate/internal', { common_name: 'services', key_type: 'ec', ttl: '24h' });
    const use = { server_flag: true, client_flag: false, key_type: 'ec', ttl: '1h' };
    await bao.must('PUT', 'pki/roles/api', { ...use, allow_any_name: true, allow_localhost: true });
    await role();
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-identity-'));
    const { data } = (await bao.must('GET', 'pki/cert/ca')) as unknown as { data: { certificate: string } };
    ca = data.certificate;
    await writeFile(join(folder, 'ca.pem'), ca);
    users = await start('users', UsersModule, {
      clientCertificates: { mode: 'optional', caFile: join(folder, 'ca.pem') },
    });
    host = new URL(users.urls.https).host;
  }, 60_000);
  afterAll(async () => {
    for (const each of open.reverse()) await each.close();
    await bao?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** For clients only, and for that one SPIFFE ID. */
  const role = (times: object = { ttl: '1h' }) =>
    bao.must('PUT', 'pki/roles/caller', {
      ...{ server_flag: false, client_flag: true, require_cn: false, allowed_uri_sans: [ID], key_type: 'ec' },
      ...times,
    });
  const start = async (name: string, app: new () => unknown, tls: object = {}) => {
    const service = await startService(
      app,
      defineService({
        root: import.meta.dirname,
        name,
        ports: { https: 0, http: 0, management: 0 },
        audit: { enabled: false }, // its keys would be in the vault too
        tls: {
          names: ['localhost', '127.0.0.1'],
          caFile: join(folder, 'ca.pem'),
          vaultPki: { role: 'api' },
          reload: { pollMs: 50 },
          ...tls,
        },
      }),
      { stateFolder: join(folder, 'state'), logLevel: 'silent', rateLimit: CALLS, env: await approleEnvironment(bao) },
    );
    open.push(service);
    return service;
  };
  const client = (options: object = {}) => {
    const made = createHttpClient({ ca, insecureLoopback: true, ...options });
    open.push(made);
    return made;
  };

  it('says who calls, rotates while calls go on and none fails, and serves nothing itself', async () => {
    await role({ ttl: '60s', not_before_duration: '80s' }); // half over at its beginning: due at once
    const orders = await start('orders', ordersModule(), { identity: { vaultPki: { role: 'caller', spiffeId: ID } } });
    const calls = client({ allow: [new URL(orders.urls.https).host] });
    const serials = new Set<string>();
    for (const end = performance.now() + 40_000; serials.size < 2;) {
      expect(performance.now()).toBeLessThan(end);
      const answer = await calls.get(`${orders.urls.https}/v1/relay`);
      expect(answer.status).toBe(200);
      const seen = answer.json(caller);
      expect(seen.caller).toBe(ID);
      serials.add(seen.serial);
    }
    expect(await readdir(join(folder, 'state/orders/tls'))).toEqual(expect.arrayContaining(['identity', 'vault-pki']));
    const { certificates } = JSON.parse(await readFile(join(folder, 'state/orders/tls/status.json'), 'utf8'));
    expect(certificates.map(({ source }: { source: string }) => source)).toEqual(['vault-pki', 'identity vault-pki']);
    expect(certificates[1].certificate).toMatchObject({ names: [], uris: [ID] });
  }, 60_000);

  it('is had by a program that serves nothing', async () => {
    await role();
    const settings = vaultFromEnvironment(await approleEnvironment(bao));
    const vault = await createVaultClient(settings as NonNullable<typeof settings>, { production: true });
    open.push(vault);
    const identity = await createIdentity(
      { vaultPki: { role: 'caller', spiffeId: ID } },
      {
        service: 'jobs',
        stateFolder: join(folder, 'state'),
        production: true,
        vaultSigner: { sign: ({ mount, role: by, csr, ...request }) => vault.pki(mount).sign(by, csr, request) },
      },
    );
    open.push(identity);
    const calls = client({ allow: [{ host, mutualTls: true }], clientCertificate: () => identity.certificate() });
    expect((await calls.get(`https://${host}/v1/internal`)).json(caller).caller).toBe(ID);
  });

  it('stops the start when its role signs for servers only, or not for that name', async () => {
    const refused = (identity: object) => start('refused', UsersModule, { identity: { vaultPki: identity } });
    await bao.must('PUT', 'sys/policies/acl/caller', { policy: 'path "pki/sign/*" { capabilities = ["update"] }' });
    await expect(refused({ role: 'api', spiffeId: ID })).rejects.toThrow(
      /pki\/sign\/api: .*The role has to allow spiffe:/,
    );
    await bao.must('PUT', 'pki/roles/servers', {
      ...{
        server_flag: true,
        client_flag: false,
        require_cn: false,
        allowed_uri_sans: [ID],
        key_type: 'ec',
        ttl: '1h',
      },
    });
    await expect(refused({ role: 'servers', spiffeId: ID })).rejects.toThrow(/not for clients \(extended key usage\)/);
    await expect(refused({ role: 'caller', spiffeId: 'spiffe://example.test/other' })).rejects.toThrow(/has to allow/);
  });
});
