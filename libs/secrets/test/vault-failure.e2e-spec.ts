// The table of failures (architecture, section 5), row by row, against a real server.
import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  bytes,
  openSecrets,
  text,
  url,
  type SecretsContext,
  type SecretsEvent,
  type SecretsOptions,
} from '../src/index.ts';
import { describeOpenBao } from '../src/testing/openbao.binary.ts';
import { OpenBao } from '../src/testing/openbao.server.ts';
import {
  approleEnvironment,
  newestAccessor,
  POLICY,
  prepareApi,
  wrapSecretId,
  writeKv,
} from '../src/testing/service.role.ts';
import { until } from '../src/testing/until.ts';

const declared = { tokenKey: bytes(32), webhook: url({ optional: true }), short: text({ maxStaleSeconds: 0 }) };
const FAST: SecretsOptions = { pollSeconds: 1, startTimeoutMs: 1_500 };

describeOpenBao('secrets from OpenBao, when something fails', (program) => {
  let bao: OpenBao;
  let events: SecretsEvent[];
  const close: (() => Promise<void>)[] = [];

  const told = (type: SecretsEvent['type']) => events.some((event) => event.type === type);
  const context = async (env: NodeJS.ProcessEnv = {}): Promise<SecretsContext> => ({
    service: 'api',
    stateFolder: bao.folder,
    production: true,
    env: { ...(await approleEnvironment(bao)), ...env },
    onEvent: (event) => void events.push(event),
  });
  const open = async (options = FAST, env: NodeJS.ProcessEnv = {}) => {
    const secrets = await openSecrets(declared, options, await context(env));
    close.push(() => secrets.close());
    return secrets;
  };
  const key = () => randomBytes(32).toString('base64');

  beforeAll(async () => {
    bao = await OpenBao.start(program);
    await prepareApi(bao);
  });
  beforeEach(async () => {
    events = [];
    await writeKv(bao, 'tokenKey', { value: key() });
    await writeKv(bao, 'short', { value: 'a-text-that-is-long-enough' });
  });
  afterEach(async () => {
    for (const one of close.splice(0)) await one();
  });
  afterAll(() => bao?.stop());

  it('hands a new version to the running service within the poll', async () => {
    const secrets = await open();
    const former = secrets.get('tokenKey');
    const seen: unknown[] = [];
    secrets.onRotate('tokenKey', ({ previous }) => void seen.push(previous));
    await writeKv(bao, 'tokenKey', { value: key() });
    await until(() => seen.length === 1);
    expect(seen[0]).toBe(former);
    expect(secrets.accepted('tokenKey')).toEqual([secrets.get('tokenKey'), former]);
    await writeKv(bao, 'webhook', { value: 'https://example.com/hook' });
    await until(() => secrets.get('webhook') !== undefined);
  });

  it('vault down while running: stale up to maxStale, then 503 on what needs it; recovery without restart', async () => {
    const secrets = await open();
    await bao.kill();
    await until(() => told('store-lost'));
    expect(secrets.get('tokenKey').reveal()).toHaveLength(32);
    await until(() => told('secret-stale'));
    expect(() => secrets.get('short')).toThrow(expect.objectContaining({ code: 'dependency-unavailable' }));
    expect(() => secrets.check()).toThrow(/no usable short/);
    expect(secrets.get('tokenKey').reveal()).toHaveLength(32);
    await bao.spawn();
    await bao.unseal();
    await until(() => told('store-recovered'));
    expect(secrets.get('short').reveal()).toBe('a-text-that-is-long-enough');
    expect(() => secrets.check()).not.toThrow();
  });

  it('vault sealed while running: the same', async () => {
    const secrets = await open();
    await bao.seal();
    await until(() => told('store-lost'));
    expect(events.find(({ type }) => type === 'store-lost')?.message).toMatch(/sealed/);
    expect(secrets.get('tokenKey').reveal()).toHaveLength(32);
    await bao.unseal();
    await until(() => told('store-recovered'));
  });

  it('vault sealed or down at the start: waits with progress, then gives up with the code', async () => {
    const sealed = await context();
    await bao.seal();
    await expect(openSecrets(declared, FAST, sealed)).rejects.toMatchObject({ code: 'store-sealed' });
    expect(told('store-waiting')).toBe(true);
    await bao.kill();
    await expect(openSecrets(declared, FAST, sealed)).rejects.toMatchObject({ code: 'store-unreachable' });
    await bao.spawn();
    const starting = openSecrets(declared, { ...FAST, startTimeoutMs: 30_000 }, sealed);
    await bao.unseal();
    await (await starting).close();
  });

  it('names every missing and wrong secret at the start, and no value', async () => {
    await writeKv(bao, 'tokenKey', { value: 'canary-short' });
    await bao.must('DELETE', 'secret/data/api/short');
    const error = await open().catch((caught: Error) => caught);
    expect(error).toMatchObject({ code: 'secrets-missing' });
    expect(String(error)).toMatch(/short is missing[\s\S]*tokenKey is/);
    expect(String(error)).not.toContain('canary');
  });

  it('secret deleted or of another type while running: keeps the last good one, and alerts', async () => {
    const secrets = await open();
    const good = secrets.get('tokenKey');
    await writeKv(bao, 'tokenKey', { other: { nested: true } });
    await until(() => told('secret-malformed'));
    await bao.must('DELETE', 'secret/data/api/tokenKey');
    await until(() => told('secret-missing'));
    expect(secrets.get('tokenKey')).toBe(good);
    await bao.must('DELETE', 'secret/metadata/api/tokenKey');
    await writeKv(bao, 'tokenKey', { value: key() });
    await until(() => secrets.get('tokenKey') !== good);
  });

  it('token revoked: logs in again by itself', async () => {
    const secrets = await open();
    await bao.must('PUT', 'auth/token/revoke-accessor', { accessor: await newestAccessor(bao) });
    await until(() => told('token-lost'));
    await writeKv(bao, 'short', { value: 'the-text-after-the-new-login' });
    await until(() => secrets.get('short').reveal() === 'the-text-after-the-new-login');
  });

  it('policy taken away: stale, then 503; given back: recovers', async () => {
    const secrets = await open();
    await bao.must('PUT', 'sys/policies/acl/api', { policy: 'path "x" { capabilities = ["read"] }' });
    await until(() => told('secret-stale'));
    expect(() => secrets.get('short')).toThrow();
    expect(secrets.get('tokenKey').reveal()).toHaveLength(32);
    await bao.must('PUT', 'sys/policies/acl/api', { policy: POLICY });
    await until(() => told('store-recovered'));
    expect(secrets.get('short').reveal()).toMatch(/long-enough/);
  });

  it('policy missing at the start: says which secrets are forbidden', async () => {
    await bao.must('PUT', 'sys/policies/acl/api', { policy: 'path "x" { capabilities = ["read"] }' });
    await expect(open()).rejects.toThrow(/short: .*403[\s\S]*tokenKey: .*403/);
    await bao.must('PUT', 'sys/policies/acl/api', { policy: POLICY });
  });

  it('a token that lives 3 s is renewed, and replaced where it cannot be', async () => {
    await bao.must('PUT', 'auth/approle/role/api', { token_policies: ['api'], token_ttl: '3s', token_max_ttl: '8s' });
    const secrets = await open();
    await until(() => told('token-renewed') && told('token-replaced'), 25_000);
    expect(told('store-lost')).toBe(false);
    expect(secrets.get('tokenKey').reveal()).toHaveLength(32);
    await bao.must('PUT', 'auth/approle/role/api', { token_policies: ['api'], token_ttl: '60s', token_max_ttl: '1h' });
  });

  it('a secret-id that was used up stops the start, not retried', async () => {
    const env = await approleEnvironment(bao);
    await (await openSecrets(declared, FAST, await context(env))).close();
    await expect(openSecrets(declared, FAST, await context(env))).rejects.toMatchObject({ code: 'wrap-used' });
    expect(told('wrapping-token-used')).toBe(true);
    expect(told('store-waiting')).toBe(false);
  });

  it('adds a bounded time to the start, told here', async () => {
    const ready = await context({ GATEHOUSE_VAULT_SECRET_ID_FILE: await wrapSecretId(bao) });
    const started = performance.now();
    const secrets = await openSecrets(declared, FAST, ready);
    const took = performance.now() - started;
    await secrets.close();
    process.stderr.write(`start with OpenBao: ${took.toFixed(0)} ms\n`);
    expect(took).toBeLessThan(2_000);
  });

  it('refuses VAULT_TOKEN and VAULT_SKIP_VERIFY in the environment, and a half-configured login', async () => {
    await expect(open(FAST, { VAULT_TOKEN: 'canary' })).rejects.toMatchObject({ code: 'environment-refused' });
    await expect(open(FAST, { VAULT_SKIP_VERIFY: 'false' })).rejects.toMatchObject({ code: 'environment-refused' });
    await expect(open(FAST, { GATEHOUSE_VAULT_ROLE_ID: '' })).rejects.toThrow(/auth\.roleId/);
    await expect(open(FAST, { GATEHOUSE_SECRETS_FOLDER: '/run/secrets' })).rejects.toThrow(/both set/);
    const folder = await mkdtemp(join(bao.folder, 'token-'));
    await writeFile(join(folder, 'token'), bao.rootToken);
    const token = { GATEHOUSE_VAULT_AUTH: 'token', GATEHOUSE_VAULT_TOKEN_FILE: join(folder, 'token') };
    await expect(
      openSecrets(declared, FAST, { ...(await context()), env: { ...(await tokenEnvironment(bao)), ...token } }),
    ).rejects.toMatchObject({ code: 'production-refused' });
  });
});

const tokenEnvironment = async (bao: OpenBao) => ({
  GATEHOUSE_VAULT_ADDR: bao.address,
  GATEHOUSE_VAULT_CA_FILE: bao.caFile,
});
