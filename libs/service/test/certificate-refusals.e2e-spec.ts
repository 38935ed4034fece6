// What is wrong with a certificate source and can be known before a service listens is said then: one message, with the path or the
// setting, and the remedy. The rows are those of docs/tls.md ("What stops the start").
import { createPrivateKey } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testAuthority, type TestAuthority } from '@gatehouse/tls/testing';
import { defineService, startService, type ServiceOptions } from '../src/index.ts';
import { SampleModule } from './fixtures/sample.app.ts';

type TlsInput = NonNullable<ServiceOptions['tls']>;
type Env = Record<string, string>;

/** Its keys are looked for before the certificate. */
const NO_AUDIT = { enabled: false };
/** Nothing answers there. */
const NOWHERE = 'https://127.0.0.1:1';
const DAY_MS = 86_400_000;

describe('refuses to start before it listens', () => {
  let folder: string;
  let authority: TestAuthority;
  let listened = 0;
  const count = () => void (listened += 1);
  const file = (name: string) => join(folder, name);
  const pair = (name: string): Env => ({
    GATEHOUSE_TLS_CERT_FILE: file(`${name}.crt`),
    GATEHOUSE_TLS_KEY_FILE: file(`${name}.key`),
  });
  const put = async (name: string, { cert, key }: { cert: string; key: string }) => {
    await writeFile(file(`${name}.crt`), cert);
    await writeFile(file(`${name}.key`), key, { mode: 0o600 });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-refusals-'));
    authority = await testAuthority();
    const good = await authority.issue();
    await put('good', good);
    await put('mismatch', { cert: good.cert, key: (await authority.issue()).key });
    await put('expired', await authority.issue({ notBefore: Date.now() - 9 * DAY_MS, notAfter: Date.now() - DAY_MS }));
    await put('future', await authority.issue({ notBefore: Date.now() + DAY_MS }));
    await put('client', await authority.issue({ purpose: 'client' }));
    await put('cut', { cert: good.cert.slice(0, 200), key: good.key });
    await put('empty', { cert: '', key: good.key });
    const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'a phrase' } as const;
    await put('locked', { cert: good.cert, key: createPrivateKey(good.key).export(locked) as string });
    await put('keyless', { cert: good.cert, key: good.cert });
    await writeFile(file('ca.pem'), authority.cert);
    await writeFile(file('empty'), '');
    await mkdir(file('folder'));
    await symlink(file('loop'), file('loop'));
    await writeFile(file('hmac'), 'not base64url!');
    await writeFile(file('webhook'), 'http://example.test/hook');
    subscribe('tracing:net.server.listen:asyncStart', count);
  });
  afterAll(async () => {
    unsubscribe('tracing:net.server.listen:asyncStart', count);
    await rm(folder, { recursive: true, force: true });
  });

  const start = (tls: TlsInput, env: Env, state = file('state')) =>
    startService(
      SampleModule,
      defineService({
        root: folder,
        name: 'sample',
        ports: { https: 0, http: 0, management: 0 },
        tls,
        audit: NO_AUDIT,
      }),
      { stateFolder: state, logLevel: 'silent', env },
    );
  const refusal = async (...given: Parameters<typeof start>): Promise<string> => {
    listened = 0;
    const message = await start(...given).then(
      (service) => service.close().then(() => 'started'),
      (error: Error) => error.message,
    );
    expect(listened).toBe(0);
    return message;
  };

  it('counts what listens', async () => {
    await (await start({}, pair('good'))).close();
    expect(listened).toBe(3);
  });

  it.each<[string, () => Env, RegExp]>([
    ['a missing file', () => pair('none'), /GATEHOUSE_TLS_CERT_FILE=.*none\.crt cannot be read \(ENOENT\): correct/],
    [
      'a key without its certificate',
      () => ({ GATEHOUSE_TLS_KEY_FILE: file('good.key') }),
      /set both GATEHOUSE_TLS_CERT_FILE and/,
    ],
    [
      'a folder for a file',
      () => ({ ...pair('good'), GATEHOUSE_TLS_KEY_FILE: file('folder') }),
      /GATEHOUSE_TLS_KEY_FILE=.*folder cannot be read \(EISDIR\)/,
    ],
    [
      'a link that leads to itself',
      () => ({ ...pair('good'), GATEHOUSE_TLS_KEY_FILE: file('loop') }),
      /loop cannot be read \(ELOOP\)/,
    ],
    [
      'a key of another certificate',
      () => pair('mismatch'),
      /mismatch\.crt with .*mismatch\.key: the key is not the key of the certificate: give/,
    ],
    ['an expired certificate', () => pair('expired'), /expired\.crt .*expired/],
    ['one of tomorrow', () => pair('future'), /not (yet )?valid|valid from/],
    ['one for clients only', () => pair('client'), /client\.crt .*server/],
    ['half a certificate', () => pair('cut'), /cut\.crt .*certificate/],
    ['no certificate', () => pair('empty'), /empty\.crt .*certificate/],
    ['no key', () => pair('keyless'), /keyless\.key: .*key/],
    ['an encrypted key', () => pair('locked'), /locked\.key: the key is encrypted: decrypt it/],
    ['another name', () => ({ ...pair('good'), GATEHOUSE_TLS_NAMES: 'api.example.test' }), /api\.example\.test/],
    ['a name that is none', () => ({ ...pair('good'), GATEHOUSE_TLS_NAMES: 'a b' }), /GATEHOUSE_TLS_NAMES=a b/],
    [
      'the CA that callers have to trust missing',
      () => ({ ...pair('good'), GATEHOUSE_TLS_CA_FILE: file('none') }),
      /GATEHOUSE_TLS_CA_FILE=.*none cannot be read/,
    ],
    [
      'no CA in it',
      () => ({ ...pair('good'), GATEHOUSE_TLS_CA_FILE: file('empty') }),
      /GATEHOUSE_TLS_CA_FILE=.*no valid PEM certificate/,
    ],
    [
      'a source that nobody knows',
      () => ({ GATEHOUSE_TLS_SOURCES: 'letsencrypt' }),
      /GATEHOUSE_TLS_SOURCES=letsencrypt/,
    ],
    ['a source named twice', () => ({ GATEHOUSE_TLS_SOURCES: 'embedded,embedded' }), /name each source once/],
    [
      'files that the order leaves out',
      () => ({ ...pair('good'), GATEHOUSE_TLS_SOURCES: 'embedded' }),
      /GATEHOUSE_TLS_CERT_FILE is set, and GATEHOUSE_TLS_SOURCES=embedded leaves files out/,
    ],
    ['mkcert where there is none', () => ({ GATEHOUSE_TLS_SOURCES: 'mkcert', PATH: '/nonexistent' }), /no mkcert on/],
    [
      'a webhook that is not https',
      () => ({ ...pair('good'), GATEHOUSE_TLS_WEBHOOK_URL_FILE: file('webhook') }),
      /webhook: no https:\/\/ address in it/,
    ],
    [
      'client certificates and nobody who issues them',
      () => ({ ...pair('good'), GATEHOUSE_TLS_CLIENT_CERTIFICATES: 'required' }),
      /clientCertificates\.caFile/,
    ],
    [
      'their CA missing',
      () => ({
        ...pair('good'),
        GATEHOUSE_TLS_CLIENT_CERTIFICATES: 'required',
        GATEHOUSE_TLS_CLIENT_CA_FILE: file('none'),
      }),
      /none.*cannot be read/,
    ],
    [
      'their CA, and nobody asked',
      () => ({ ...pair('good'), GATEHOUSE_TLS_CLIENT_CA_FILE: file('ca.pem') }),
      /nobody is asked for a certificate: set GATEHOUSE_TLS_CLIENT_CERTIFICATES/,
    ],
    [
      'a revocation list of no CA',
      () => ({ ...pair('good'), GATEHOUSE_TLS_CLIENT_CRL_FILE: file('empty') }),
      /clientCertificates\.crlFile|set clientCertificates\.caFile too/,
    ],
  ])('with %s', async (_what, env, message) => {
    expect(await refusal({}, env())).toMatch(message);
  });

  const acme = (more: Env = {}): Env => ({
    GATEHOUSE_TLS_NAMES: 'api.example.test',
    GATEHOUSE_TLS_ACME_DIRECTORY_URL: `${NOWHERE}/dir`,
    GATEHOUSE_TLS_ACME_TERMS_AGREED: 'true',
    ...more,
  });
  it.each<[string, () => Env, RegExp]>([
    ['no directory', () => ({ GATEHOUSE_TLS_ACME_TERMS_AGREED: 'true' }), /acme\.directoryUrl/],
    ['terms not agreed to', () => acme({ GATEHOUSE_TLS_ACME_TERMS_AGREED: 'no' }), /termsAgreed/],
    ['an address for e-mail that is none', () => acme({ GATEHOUSE_TLS_ACME_EMAIL: 'ops' }), /acme\.email/],
    ['no names', () => acme({ GATEHOUSE_TLS_NAMES: '' }), /no names: set GATEHOUSE_TLS_NAMES/],
    ['a wildcard', () => acme({ GATEHOUSE_TLS_NAMES: '*.example.test' }), /no CA proves a wildcard by http-01/],
    ['its CA missing', () => acme({ GATEHOUSE_TLS_ACME_CA_FILE: file('none') }), /ACME_CA_FILE=.*cannot be read/],
    ['no CA in it', () => acme({ GATEHOUSE_TLS_ACME_CA_FILE: file('empty') }), /ACME_CA_FILE=.*no valid PEM/],
    [
      'half an external account',
      () => acme({ GATEHOUSE_TLS_ACME_EAB_KEY_ID: 'kid' }),
      /acme\.externalAccount\.hmacKeyFile/,
    ],
    [
      'no key in the file of an external account',
      () => acme({ GATEHOUSE_TLS_ACME_EAB_KEY_ID: 'kid', GATEHOUSE_TLS_ACME_EAB_KEY_FILE: file('hmac') }),
      /EAB_KEY_FILE=.*no key in base64url/,
    ],
  ])('with ACME and %s', async (_what, env, message) => {
    expect(await refusal({}, env())).toMatch(message);
  });

  it('with an ACME CA that cannot be reached, and no certificate stored', async () => {
    expect(await refusal({ startTimeoutMs: 0 }, acme())).toMatch(
      /127\.0\.0\.1:1\/dir cannot be reached \(ECONNREFUSED\)/,
    );
  });

  it('with a state folder that cannot be one, where a certificate is to be kept', async () => {
    expect(await refusal({ startTimeoutMs: 0 }, acme(), join(file('empty'), 'state'))).toMatch(
      /empty\/state .*is a file \(ENOTDIR\)[\s\S]*GATEHOUSE_STATE/,
    );
    expect(await refusal({}, { GATEHOUSE_TLS_SOURCES: 'embedded' }, join(file('empty'), 'state'))).toMatch(
      /GATEHOUSE_STATE/,
    );
  });

  it.each<[string, TlsInput, Env, RegExp]>([
    ['no vault', { vaultPki: { role: 'api' } }, {}, /vault-pki \(role api\) needs a vault.*set GATEHOUSE_VAULT_ADDR/],
    ['no vault, said by the environment', {}, { GATEHOUSE_TLS_VAULT_PKI_ROLE: 'api' }, /set GATEHOUSE_VAULT_ADDR/],
    ['no role', {}, { GATEHOUSE_TLS_VAULT_PKI_MOUNT: 'pki' }, /vaultPki\.role/],
    ['a role that is a path', {}, { GATEHOUSE_TLS_VAULT_PKI_ROLE: '../sys' }, /GATEHOUSE_TLS_VAULT_PKI_ROLE=\.\.\/sys/],
    [
      'a SPIFFE ID that is none',
      {},
      { GATEHOUSE_TLS_VAULT_PKI_ROLE: 'api', GATEHOUSE_TLS_VAULT_PKI_SPIFFE_ID: 'orders' },
      /spiffe:\/\/<trust domain>/,
    ],
    [
      'a vault over plain HTTP',
      { vaultPki: { role: 'api' } },
      { GATEHOUSE_VAULT_ADDR: 'http://127.0.0.1:1' },
      /https:\/\/host:port/,
    ],
    [
      'no way to log in there',
      { vaultPki: { role: 'api' } },
      { GATEHOUSE_VAULT_ADDR: NOWHERE },
      /GATEHOUSE_VAULT_[\s\S]*roleId/,
    ],
  ])('with the PKI of a vault and %s', async (_what, tls, env, message) => {
    expect(await refusal(tls, { GATEHOUSE_TLS_NAMES: 'localhost', ...env })).toMatch(message);
  });

  const login = (): Env => ({
    GATEHOUSE_TLS_NAMES: 'localhost',
    GATEHOUSE_VAULT_ADDR: NOWHERE,
    GATEHOUSE_VAULT_AUTH: 'approle',
    GATEHOUSE_VAULT_ROLE: 'api',
    GATEHOUSE_VAULT_ROLE_ID: 'id',
    GATEHOUSE_VAULT_SECRET_ID_FILE: file('good.key'),
  });
  it('with the PKI of a vault that cannot be reached, and no certificate stored', async () => {
    const tls: TlsInput = { vaultPki: { role: 'api' }, startTimeoutMs: 0 };
    expect(await refusal(tls, login())).toMatch(/got no answer \(ECONNREFUSED\)[\s\S]*GATEHOUSE_VAULT_ADDR/);
    expect(await refusal(tls, { ...login(), GATEHOUSE_VAULT_CA_FILE: file('none') })).toMatch(/none cannot be read/);
    expect(await refusal(tls, { ...login(), GATEHOUSE_VAULT_SECRET_ID_FILE: file('none') })).toMatch(/none/);
  });

  it('with a development CA, or none at all, in production', async () => {
    const production = { NODE_ENV: 'production' };
    expect(await refusal({}, { ...production, GATEHOUSE_TLS_SOURCES: 'embedded' })).toMatch(/not for production/);
    expect(await refusal({}, production)).toMatch(/set both GATEHOUSE_TLS_CERT_FILE/);
  });

  it('with a balancer that is everybody, or that takes client certificates in clear', async () => {
    const proxied = { protocol: 'proxy-v2' as const, from: ['0.0.0.0/0'] };
    expect(await refusal({ proxied }, pair('good'))).toMatch(/0\.0\.0\.0\/0/);
    expect(() =>
      defineService({
        root: folder,
        name: 'sample',
        ports: { https: 0, http: 0, management: 0 },
        tls: {
          proxied: { ...proxied, from: ['10.0.0.1'], insecurePlainHop: true },
          clientCertificates: { mode: 'required', caFile: file('ca.pem') },
        },
      }),
    ).toThrow(/nobody can show a certificate over proxied\.insecurePlainHop/);
  });

  it('with files that may not be read', async () => {
    await Promise.all([chmod(folder, 0o755), chmod(file('good.key'), 0o000)]);
    const root = process.getuid?.() === 0;
    if (root) process.seteuid?.(65_534); // whom no permission stops would prove nothing
    try {
      expect(await refusal({}, pair('good'))).toMatch(/GATEHOUSE_TLS_KEY_FILE=.*cannot be read \(EACCES\)/);
    } finally {
      if (root) process.seteuid?.(0);
      await chmod(file('good.key'), 0o600);
    }
  });
});
