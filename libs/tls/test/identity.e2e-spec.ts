// The certificate that a program shows to those that it calls: checked, followed, apart from the server's.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateStatus } from '../src/certificate.status.ts';
import { createTls } from '../src/create-tls.ts';
import { createIdentity } from '../src/identity/create-identity.ts';
import type { Identity } from '../src/identity/identity.ts';
import type { TlsEvent } from '../src/tls.event.ts';
import { tlsOptionsSchema } from '../src/tls.options.ts';
import { testAuthority, type LeafOptions, type TestAuthority } from '../src/testing/index.ts';
import { closed, listening } from './fixtures/handshake.ts';
import { replace, until } from './fixtures/served.ts';

const URI = 'spiffe://example.test/orders';
const DAY_MS = 86_400_000;

describe('the identity of a program', () => {
  let folder: string;
  let authority: TestAuthority;
  let events: TlsEvent[];
  const open: Identity[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-identity-'));
    authority = await testAuthority();
    events = [];
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
    await rm(folder, { recursive: true, force: true });
  });

  const issue = (options: LeafOptions = {}) =>
    authority.issue({ names: [], uris: [URI], purpose: 'client', ...options });
  const files = () => ({ certFile: join(folder, 'id.crt'), keyFile: join(folder, 'id.key') });
  const put = async ({ cert, key }: { cert: string; key: string }) => {
    await replace(files().certFile, cert);
    await replace(files().keyFile, key);
  };
  const start = async (now = Date.now) => {
    const identity = await createIdentity(
      { files: files() },
      { service: 'jobs', stateFolder: folder, production: true, now, onEvent: (event) => events.push(event) },
    );
    open.push(identity);
    return identity;
  };

  it('is that of its files, and the next one as soon as both are there', async () => {
    const [first, second] = [await issue(), await issue()];
    await put(first);
    const identity = await start();
    expect(identity.certificate().cert).toBe(first.cert);
    expect(identity.snapshot()).toMatchObject({ source: 'identity files', certificate: { uris: [URI] } });
    await put(second);
    await identity.refresh();
    await until(() => (identity.certificate().cert === second.cert ? true : undefined), 'the next one');
    expect(events.map(({ type }) => type)).toEqual(['certificate-swapped']);
  });

  it('stays the last good one when the next is broken, for servers or expired, and that is said', async () => {
    const good = await issue();
    await put(good);
    const identity = await start();
    const bad = [
      { ...(await issue()), key: good.key },
      await authority.issue(),
      await issue({ notBefore: Date.now() - 2 * DAY_MS, notAfter: Date.now() - DAY_MS }),
    ];
    for (const [index, material] of bad.entries()) {
      await put(material);
      await identity.refresh();
      expect(identity.certificate().cert).toBe(good.cert);
      expect(events).toHaveLength(index + 1);
      expect(events[index]).toMatchObject({ type: 'certificate-refused', level: 'error' });
    }
  });

  it('is announced before it expires, and not shown afterwards', async () => {
    let ahead = 0;
    await put(await issue({ notAfter: Date.now() + 10 * DAY_MS, notBefore: Date.now() - DAY_MS }));
    const identity = await start(() => Date.now() + ahead);
    ahead = 8 * DAY_MS;
    await identity.refresh();
    expect(events).toMatchObject([{ type: 'certificate-expiring', level: 'warn' }]);
    expect(events[0]?.message).toContain(URI);
    ahead = 11 * DAY_MS;
    expect(() => identity.certificate()).toThrow(/id\.crt.*expired/);
  });

  it.each<[string, object, RegExp]>([
    ['nothing', {}, /give either files or vaultPki/],
    ['both', { files: { certFile: 'a', keyFile: 'b' }, vaultPki: { role: 'r' } }, /give either files or vaultPki/],
    ['a vault and no name', { vaultPki: { role: 'r' } }, /set vaultPki\.spiffeId, or names/],
    ['a vault that is not there', { vaultPki: { role: 'r', spiffeId: URI } }, /needs a vault.*GATEHOUSE_VAULT_ADDR/],
    [
      'files that are not there',
      { files: { certFile: '/none', keyFile: '/none' } },
      /IDENTITY_CERT_FILE=\/none cannot/,
    ],
  ])('refuses %s', async (_what, options, message) => {
    const context = { service: 'jobs', stateFolder: folder, production: true };
    await expect(createIdentity(options, context)).rejects.toThrow(message);
  });

  it('is what a service shows, and the certificate that it serves stays another', async () => {
    const [server, client] = [await authority.issue(), await issue()];
    await put(client);
    await writeFile(join(folder, 'tls.crt'), server.cert);
    await writeFile(join(folder, 'tls.key'), server.key, { mode: 0o600 });
    const env = {
      GATEHOUSE_TLS_CERT_FILE: join(folder, 'tls.crt'),
      GATEHOUSE_TLS_KEY_FILE: join(folder, 'tls.key'),
      GATEHOUSE_TLS_IDENTITY_CERT_FILE: files().certFile,
      GATEHOUSE_TLS_IDENTITY_KEY_FILE: files().keyFile,
    };
    const context = { service: 'api', stateFolder: folder, production: true, env };
    const tls = await createTls(tlsOptionsSchema.parse({}), context);
    expect(tls.clientCertificate().cert).toBe(client.cert);
    expect(tls.serverOptions().cert).toBe(server.cert);
    expect(tls.snapshot().certificates.map(({ source }) => source)).toEqual(['files', 'identity files']);
    const listener = createServer(tls.serverOptions());
    await listening(listener);
    tls.attach(listener);
    await tls.refresh();
    const [{ findings } = { findings: [] }] = await certificateStatus(folder, Date.now() + 360 * DAY_MS);
    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^identity files has a certificate that (expires|expired) on .*renew it$/),
    );
    await tls.close();
    await closed(listener);
    await put({ ...client, key: server.key });
    await expect(createTls(tlsOptionsSchema.parse({}), context)).rejects.toThrow(
      /id\.crt with .*id\.key: the key is not/,
    );
  });
});
