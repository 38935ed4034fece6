// Two services as they are generated, that only let each other in: run as processes, called as one calls the other, with pins.
// Seconds for the copy and the starts: so only when asked, by `npm run matrix -w tools/generator`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttpClient, PinMismatchError, pinsOfPem, type HttpClient } from '@gatehouse/http-client';
import { testAuthority, type TestAuthority } from '@gatehouse/tls/testing';
import { CheckoutCopy, type Served } from './checkout.copy.ts';

const asked = process.env.GATEHOUSE_TEST_MATRIX === '1';
const MINUTES = 60_000;
const OTHER = { orders: 'users', users: 'orders' } as const;
type Name = keyof typeof OTHER;
const names = Object.keys(OTHER) as Name[];
if (!asked) process.stderr.write('skipped: mutual TLS of generated services: npm run matrix -w tools/generator\n');

(asked ? describe : describe.skip)('two generated services (runs by npm run matrix -w tools/generator)', () => {
  let copy: CheckoutCopy;
  let ca: TestAuthority;
  let pins: Record<Name, string>;
  const served = {} as Record<Name, Served>;
  const clients: HttpClient[] = [];

  beforeAll(async () => {
    copy = new CheckoutCopy();
    ca = await testAuthority('CN=Services');
    writeFileSync(join(copy.root, 'peers.pem'), ca.cert);
    pins = { orders: await prepare('orders'), users: await prepare('users') };
    for (const name of names) served[name] = await copy.serve(name);
  }, 5 * MINUTES);
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));
  afterAll(async () => {
    for (const name of names) await served[name]?.stop();
    copy?.remove();
  }, MINUTES);

  it.each(names)('%s is let in by the other, by its SPIFFE ID, over a connection that is pinned', async (name) => {
    expect((await (await caller(name, ca, name)).get(list(OTHER[name]))).status).toBe(200);
  });

  it('a service with another SPIFFE ID of the same CA is refused', async () => {
    expect((await (await caller('billing', ca, 'orders')).get(list('users'))).status).toBe(401);
  });

  it('the other one may do no more than its scopes say', async () => {
    const answer = (await caller('orders', ca, 'orders')).post(list('users'), { name: 'one' });
    expect((await answer).status).toBe(403);
  });

  it('one of another CA, and one without a certificate, get no connection', async () => {
    const stranger = await caller('orders', await testAuthority('CN=Services'), 'orders');
    await expect(stranger.get(list('users'))).rejects.toThrow();
    await expect((await caller(undefined, ca, 'orders')).get(list('users'))).rejects.toThrow();
  });

  it('one that meets another key than it pinned sends nothing', async () => {
    const wrong = await caller('orders', ca, 'orders', pins.orders);
    await expect(wrong.get(list('users'))).rejects.toThrow(PinMismatchError);
  });

  const list = (name: Name) => `${served[name].https}/v1/${name}`;

  /** Generates it, gives it a certificate, and lets the other one in, as a person would by hand. Returns its pin. */
  async function prepare(name: Name): Promise<string> {
    const generate = ['new', 'service', name, '--storage', 'memory', '--yes', '--no-verify'];
    copy.run('node', 'tools/cli/bin/gatehouse.mjs', ...generate);
    const folder = join(copy.root, 'apps', name);
    const [certFile, keyFile] = [join(copy.root, `${name}.pem`), join(copy.root, `${name}.key`)];
    const { cert, key } = await ca.issue();
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key, { mode: 0o600 });
    const caFile = join(copy.root, 'peers.pem');
    const tls = { files: [{ certFile, keyFile }], caFile, clientCertificates: { mode: 'required', caFile } };
    edit(join(folder, 'service.config.ts'), '  secrets:', `  tls: ${JSON.stringify(tls)},\n  secrets:`);
    const other = { id: `spiffe://example.test/${OTHER[name]}`, tenant: 'services', scopes: [`${name}:read`] };
    edit(
      join(folder, 'service.config.ts'),
      '  authn: {}',
      `  authn: { clientCertificates: [${JSON.stringify(other)}] }`,
    );
    return pinsOfPem(cert)[0]?.pin ?? '';
  }

  /** A client as a service has it: it shows who it is, trusts the private CA, and pins the one that it calls. */
  async function caller(identity: string | undefined, issuer: TestAuthority, from: Name, pin?: string) {
    const { host } = new URL(served[OTHER[from]].https);
    const backup = pinsOfPem((await ca.issue()).cert)[0]?.pin ?? '';
    const spki = [pin ?? pins[OTHER[from]], backup];
    const uris = [`spiffe://example.test/${identity}`];
    const own = identity && (await issuer.issue({ names: [], uris, purpose: 'client' }));
    const client = createHttpClient({
      allow: [{ host, mutualTls: Boolean(own), pins: { spki, expiresAt: '2099-01-01' } }],
      ca: ca.cert,
      insecureLoopback: true,
      ...(own ? { clientCertificate: { cert: own.cert, key: own.key } } : {}),
    });
    clients.push(client);
    return client;
  }
});

function edit(file: string, anchor: string, text: string): void {
  const before = readFileSync(file, 'utf8');
  expect(before.split(anchor)).toHaveLength(2);
  writeFileSync(file, before.replace(anchor, text));
}
