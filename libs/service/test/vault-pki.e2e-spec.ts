// A service whose certificate the vault signs, and that is known by it to another: real OpenBao, real TLS, no key on the way.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { createHttpClient, type HttpClient } from '@gatehouse/http-client';
import { approleEnvironment, describeOpenBao, OpenBao, prepareApi } from '@gatehouse/secrets/testing';
import { clientCertificateGuard, type ClientIdentity } from '@gatehouse/tls';
import { Public } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService, startService, type RunningService } from '../src/index.ts';

const caller = z.strictObject({ caller: z.string() });
const TRUST_DOMAIN = 'spiffe://example.test';

@Controller('v1')
@Public('a sample for everybody')
class PeerController {
  @Get('internal')
  @UseGuards(clientCertificateGuard({ allow: [`${TRUST_DOMAIN}/orders`] }))
  @Returns(caller)
  internal(@Req() request: { clientIdentity: ClientIdentity }): object {
    return { caller: request.clientIdentity.id };
  }
}

/** Its keys would be in the vault too, and without its secrets no service starts: here certificates alone are from there. */
const NO_AUDIT = { enabled: false };

@Module({ controllers: [PeerController] })
class PeerModule {}

describeOpenBao('certificates from the PKI engine of a vault', (program) => {
  let bao: OpenBao;
  let folder: string;
  let ca: string;
  const open: { close(): Promise<unknown> }[] = [];
  beforeAll(async () => {
    bao = await OpenBao.start(program);
    await prepareApi(bao);
    await bao.must('PUT', 'sys/mounts/pki', { type: 'pki' });
    await bao.must('PUT', 'pki/root/generate/internal', { common_name: 'services', key_type: 'ec', ttl: '24h' });
    await bao.must('PUT', 'pki/roles/api', {
      allow_any_name: true,
      allow_localhost: true,
      allowed_uri_sans: [`${TRUST_DOMAIN}/*`],
      key_type: 'ec',
      ttl: '1h',
      max_ttl: '2h',
    });
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-vault-pki-'));
    ca = join(folder, 'ca.pem');
    const { data } = (await bao.must('GET', 'pki/cert/ca')) as unknown as { data: { certificate: string } };
    await writeFile(ca, data.certificate);
  }, 60_000);
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  afterAll(async () => {
    await bao?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (name: string, more: object = {}, env?: NodeJS.ProcessEnv) => {
    const service = await startService(
      PeerModule,
      defineService({
        root: import.meta.dirname,
        name,
        ports: { https: 0, http: 0, management: 0 },
        audit: NO_AUDIT,
        tls: {
          names: ['localhost', '127.0.0.1'],
          caFile: ca,
          vaultPki: { role: 'api', spiffeId: `${TRUST_DOMAIN}/${name}` },
          reload: { pollMs: 50 },
          clientCertificates: { mode: 'optional', caFile: ca },
          ...more,
        },
      }),
      { stateFolder: join(folder, 'state'), logLevel: 'silent', env: env ?? (await approleEnvironment(bao)) },
    );
    open.push(service);
    return service;
  };
  const ready = async (client: HttpClient, { urls }: RunningService) => {
    const answer = await client.get(`${urls.https}/health/ready`);
    return answer.status;
  };
  const clientFor = async (to: RunningService, from?: RunningService) => {
    const { host } = new URL(to.urls.https);
    const client = createHttpClient({
      allow: [{ host, networks: [], mutualTls: from !== undefined }],
      ca: await readFile(ca, 'utf8'),
      insecureLoopback: true,
      ...(from ? { clientCertificate: () => from.clientCertificate() } : {}),
    });
    open.push(client);
    return client;
  };
  const eventually = async <T>(look: () => Promise<T>): Promise<T> => {
    for (const end = performance.now() + 40_000; ;) {
      try {
        return await look();
      } catch (error) {
        if (performance.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };

  it('serve, and say to another service who calls', async () => {
    const [users, orders] = [await start('users'), await start('orders')];
    const anonymous = await clientFor(users);
    expect(await ready(anonymous, users)).toBe(200);
    const known = await clientFor(users, orders);
    const answer = await known.get(`${users.urls.https}/v1/internal`);
    expect(answer.json(caller)).toEqual({ caller: `${TRUST_DOMAIN}/orders` });
    const itself = await clientFor(users, users);
    expect((await itself.get(`${users.urls.https}/v1/internal`)).status).toBe(403);
    expect((await anonymous.get(`${users.urls.https}/v1/internal`)).status).toBe(401);
  });

  it('are served from what is stored while the vault is sealed', async () => {
    const before = await start('stored');
    const { cert } = before.clientCertificate();
    open.splice(open.indexOf(before), 1);
    await before.close();
    const env = await approleEnvironment(bao);
    await bao.seal();
    try {
      const after = await startService(PeerModule, descriptorOf('stored'), {
        stateFolder: join(folder, 'state'),
        logLevel: 'silent',
        env,
      });
      open.push(after);
      expect(after.clientCertificate().cert).toBe(cert);
      expect(await ready(await clientFor(after), after)).toBe(200);
    } finally {
      await bao.unseal();
    }
  });

  it('stop the start when the role does not allow the SPIFFE ID', async () => {
    const strange = { vaultPki: { role: 'api', spiffeId: 'spiffe://other.test/strange' } };
    await expect(start('strange', strange)).rejects.toThrow(
      /^pki\/sign\/api: .*answered 400.*The role has to allow .*spiffe:\/\/other\.test\/strange\.$/,
    );
  });

  it('are waited for at the first start while the vault is sealed', async () => {
    const env = await approleEnvironment(bao);
    await bao.seal();
    const starting = start('patient', {}, env);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await bao.unseal();
    const service = await starting;
    expect(await ready(await clientFor(service), service)).toBe(200);
  });

  it('are had by two that start at once on one state folder, which order once', async () => {
    const both = await Promise.all([start('twin'), start('twin')]);
    const [first, second] = both.map((each) => each.clientCertificate().cert);
    expect(first).toBe(second);
  });

  it('are renewed after two thirds of their life, with another key', async () => {
    // Half over when they are issued: they live from 80 seconds before to 60 after.
    const role = { not_before_duration: '80s', ttl: '60s', allow_localhost: true, allow_any_name: true };
    await bao.must('PUT', 'pki/roles/api', { ...role, key_type: 'ec' });
    const service = await start('brief', { vaultPki: { role: 'api' } });
    const first = service.clientCertificate();
    const second = await eventually(async () => {
      const now = service.clientCertificate();
      if (now.cert === first.cert) throw new Error('not renewed yet');
      return now;
    });
    expect(second.key).not.toBe(first.key);
    expect(await ready(await clientFor(service), service)).toBe(200);
  }, 60_000);

  const descriptorOf = (name: string) =>
    defineService({
      root: import.meta.dirname,
      name,
      ports: { https: 0, http: 0, management: 0 },
      audit: NO_AUDIT,
      tls: {
        names: ['localhost', '127.0.0.1'],
        caFile: ca,
        vaultPki: { role: 'api', spiffeId: `${TRUST_DOMAIN}/${name}` },
        clientCertificates: { mode: 'optional', caFile: ca },
      },
    });
});
