// Two services as they are generated, the one calling the other from a handler: both certificates come from the PKI engine of a vault, the
// one that is served and the one that says who calls, by roles of their own.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttpClient, type HttpClient } from '@gatehouse/http-client';
import { approleEnvironment, describeOpenBao, OpenBao, prepareApi } from '@gatehouse/secrets/testing';
import { CheckoutCopy, type Served } from './checkout.copy.ts';

const asked = process.env.GATEHOUSE_TEST_MATRIX === '1';
const MINUTES = 60_000;
const ID = 'spiffe://example.test/orders';
if (!asked)
  process.stderr.write('skipped: identity of generated services from a vault: npm run matrix -w tools/generator\n');

const suite = (name: string, tests: (program: string) => void) =>
  asked ? describeOpenBao(name, tests) : describe.skip(name, () => tests(''));

suite('two generated services (npm run matrix -w tools/generator)', (program) => {
  let bao: OpenBao;
  let copy: CheckoutCopy;
  let ca: string;
  let users: Served;
  let orders: Served;
  const clients: HttpClient[] = [];

  beforeAll(async () => {
    bao = await OpenBao.start(program);
    await prepareVault();
    copy = new CheckoutCopy();
    writeFileSync(join(copy.root, 'ca.pem'), ca);
    const caFile = join(copy.root, 'ca.pem');
    const served = { names: ['localhost'], caFile, vaultPki: { role: 'api' } };
    generate('users', { ...served, clientCertificates: { mode: 'required', caFile } });
    edit('users', 'service.config.ts', 'authn: {}', `authn: { clientCertificates: [${JSON.stringify(GRANT)}] }`);
    users = await copy.serve('users', await environment());
    generate('orders', { ...served, identity: { vaultPki: { role: 'caller', spiffeId: ID } } });
    edit('orders', 'src/app.module.ts', 'imports: [', `controllers: [RelayController], imports: [...CALLS, `);
    edit('orders', 'src/app.module.ts', "from '@nestjs/common';", `from '@nestjs/common';${relay(users.https)}`);
    orders = await copy.serve('orders', await environment());
  }, 5 * MINUTES);
  afterAll(async () => {
    for (const client of clients) await client.close();
    for (const service of [orders, users]) await service?.stop();
    copy?.remove();
    await bao?.stop();
  }, MINUTES);

  const client = (url: string) => {
    const made = createHttpClient({ allow: [new URL(url).host], ca, insecureLoopback: true, retry: { attempts: 0 } });
    clients.push(made);
    return made;
  };

  it('the one is let in by the other, by the SPIFFE ID that the vault signed', async () => {
    const answer = await client(orders.https).get(`${orders.https}/v1/relay`);
    expect(answer.text()).toBe('{"status":200}');
  });

  it('who has no certificate of that vault gets no connection', async () => {
    await expect(client(users.https).get(`${users.https}/v1/users`)).rejects.toThrow();
  });

  async function prepareVault(): Promise<void> {
    await bao.must('PUT', 'sys/policies/acl/caller', {
      policy: 'path "pki/sign/caller" { capabilities = ["update"] }',
    });
    await prepareApi(bao, { token_policies: ['api', 'caller'] });
    await bao.must('PUT', 'sys/mounts/pki', { type: 'pki' });
    await bao.must('PUT', 'pki/root/generate/internal', { common_name: 'services', key_type: 'ec', ttl: '24h' });
    const common = { key_type: 'ec', ttl: '1h' };
    await bao.must('PUT', 'pki/roles/api', {
      ...common,
      client_flag: false,
      allow_any_name: true,
      allow_localhost: true,
    });
    await bao.must('PUT', 'pki/roles/caller', {
      ...{ ...common, server_flag: false, require_cn: false, allowed_uri_sans: [ID] },
    });
    const { data } = (await bao.must('GET', 'pki/cert/ca')) as unknown as { data: { certificate: string } };
    ca = data.certificate;
  }

  /** An issuer of tokens that nobody asks: the development identity provider would have its secrets in the vault too. */
  async function environment(): Promise<NodeJS.ProcessEnv> {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const file = join(copy.root, 'jwks.json');
    const key = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' };
    writeFileSync(file, JSON.stringify({ keys: [key] }));
    const issuer = { GATEHOUSE_ISSUER: 'https://issuer.example.test', GATEHOUSE_ISSUER_JWKS_FILE: file };
    return { ...issuer, ...(await approleEnvironment(bao)) };
  }

  /** As a person would by hand; its journal's keys would be in the vault too, and only certificates are meant here. */
  function generate(name: string, tls: object): void {
    const command = ['new', 'service', name, '--storage', 'memory', '--yes', '--no-verify'];
    copy.run('node', 'tools/cli/bin/gatehouse.mjs', ...command);
    const more = `audit: { enabled: false },\n  tls: ${JSON.stringify(tls)},\n  secrets:`;
    edit(name, 'service.config.ts', 'secrets:', more);
  }

  function edit(name: string, file: string, anchor: string, text: string): void {
    const path = join(copy.root, 'apps', name, file);
    const before = readFileSync(path, 'utf8');
    expect(before.split(anchor)).toHaveLength(2);
    writeFileSync(path, before.replace(anchor, text));
  }
});

const GRANT = { id: ID, tenant: 'services', scopes: ['users:read'] };

/** A route that calls the other service, as docs/tls.md shows it. */
const relay = (other: string) => `
import { Controller, Get } from '@nestjs/common';
import { Public } from '@gatehouse/authz';
import { HttpClientModule, InjectHttpClient, type HttpClient } from '@gatehouse/http-client';
import { CLIENT_CERTIFICATE, type ClientCertificateSource } from '@gatehouse/tls';
import { Returns } from '@gatehouse/validation';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const ca = readFileSync(import.meta.dirname + '/../../../ca.pem', 'utf8');
const allow = [{ host: '${new URL(other).host}', mutualTls: true }];
const CALLS = [
  HttpClientModule.forRootAsync({
    inject: [CLIENT_CERTIFICATE],
    useFactory: (clientCertificate: ClientCertificateSource) => ({
      clients: { users: { allow, ca, clientCertificate, insecureLoopback: true } },
    }),
  }),
  HttpClientModule.forFeature('users'),
];

@Controller('v1/relay')
@Public('a test of calls between services')
class RelayController {
  constructor(@InjectHttpClient('users') private readonly users: HttpClient) {}

  @Get()
  @Returns(z.strictObject({ status: z.int() }))
  async relay(): Promise<object> {
    return { status: (await this.users.get('${other}/v1/users')).status };
  }
}
`;
