// The management port beyond loopback: a certificate whose holder is named, or nothing.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryEvents } from '@gatehouse/audit';
import { testAuthority } from '@gatehouse/tls/testing';
import { defineService, type ServiceOptions } from '../src/index.ts';
import { startForTest, type TestService } from '../src/testing/index.ts';
import { sample, SampleModule } from './fixtures/sample.app.ts';

/** An address of this machine that is not loopback: as good as another machine. */
const elsewhere = Object.values(networkInterfaces())
  .flat()
  .find((one) => one && !one.internal && one.family === 'IPv4')?.address;
if (!elsewhere) process.stderr.write('skipped: management clients: this machine has no address but loopback\n');

const describeOptions = (own: Partial<ServiceOptions>) =>
  defineService({ root: import.meta.dirname, name: 'managed', ports: { https: 0, http: 0, management: 0 }, ...own });

(elsewhere ? describe : describe.skip)('the management port from elsewhere', () => {
  let folder: string;
  let service: TestService;
  let authority: Awaited<ReturnType<typeof testAuthority>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-management-'));
    authority = await testAuthority();
    const clientCaFile = join(folder, 'ca.pem');
    await writeFile(clientCaFile, authority.cert);
    const management = { clientCaFile, clients: ['CN=prometheus'] };
    service = await startForTest(SampleModule, describeOptions({ managementHost: '0.0.0.0', management, authn: {} }));
  });
  afterAll(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = (host: string, client: { cert?: string; key?: string } = {}, port = service.urls.management) =>
    new Promise<number | string>((resolve) => {
      const { cert, key } = client;
      const target = { host, port: new URL(port).port, path: '/metrics', servername: 'localhost' };
      const outgoing = request({ ...target, ca: service.ca, cert, key, agent: false }, (answer) =>
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0)),
      );
      outgoing.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error')).end();
    });
  const client = (subject: string, of = authority) => of.issue({ names: [], subject, purpose: 'client' });

  it('lets in the holder that is named, and loopback as before', async () => {
    expect(await ask(elsewhere as string, await client('CN=prometheus'))).toBe(200);
    expect(await ask('127.0.0.1')).toBe(200);
  });

  it('cuts off everybody else before they are heard', async () => {
    const cutOff = ['ECONNRESET', 'EPIPE'];
    expect(cutOff).toContain(await ask(elsewhere as string));
    expect(cutOff).toContain(await ask(elsewhere as string, await client('CN=api')));
    expect(cutOff).toContain(await ask(elsewhere as string, await client('CN=prometheus, O=other')));
    expect(cutOff).toContain(await ask(elsewhere as string, await client('CN=prometheus', await testAuthority())));
  });

  it('has whose certificate it was in the journal, when somebody revokes', async () => {
    const { cert, key } = await client('CN=prometheus');
    const authorization = `Bearer ${await service.mint({ subject: 'operator', scopes: ['authn:revoke'] })}`;
    const port = new URL(service.urls.management).port;
    const place = { host: elsewhere, port, path: '/revocations', servername: 'localhost', agent: false };
    const headers = { authorization, 'content-type': 'application/json', host: 'localhost' };
    const status = await new Promise((resolve, reject) => {
      request({ ...place, method: 'POST', ca: service.ca, cert, key, headers }, (answer) =>
        answer.resume().on('end', () => resolve(answer.statusCode)),
      )
        .on('error', reject)
        .end(JSON.stringify({ kind: 'token', value: 'jti-9' }));
    });
    expect(status).toBe(204);
    const found = [];
    for await (const event of queryEvents(join(service.stateFolder, 'managed', 'audit'), { object: 'jti-9' }))
      found.push((event as { unmapped: { fields?: { through?: string } } }).unmapped.fields?.through);
    expect(found).toEqual(['CN=prometheus', 'CN=prometheus']); // intent and outcome
  });

  it('asks nobody for a certificate on the port of the API', async () => {
    const { status } = await service.call('GET', '/health/live');
    expect(status).toBe(200);
    expect((await service.call('GET', '/health/ready')).status).toBe(200);
  });
});

it('refuses half of it, and, in production, a management port that whoever reaches it could read', async () => {
  const half = describeOptions({ management: { clients: ['CN=prometheus'] } });
  await expect(startForTest(SampleModule, half)).rejects.toThrow('clientCaFile and clients are set together');
  const env = { NODE_ENV: 'production', GATEHOUSE_MANAGEMENT_HOST: '0.0.0.0', GATEHOUSE_SECRETS_FOLDER: tmpdir() };
  await expect(
    startForTest(SampleModule, { ...sample, audit: { ...sample.audit, enabled: false } }, { env }),
  ).rejects.toThrow('the management port would be open');
});
