// The table of failures (docs/secrets.md), on the running API over HTTPS with a real OpenBao: what answers 503, what does not, and
// that it recovers without a restart.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineSecrets, keyring } from '@gatehouse/secrets';
import { defineService } from '@gatehouse/service';
import type { TestService } from '@gatehouse/service/testing';
import { describeOpenBao, until, writeKv } from '@gatehouse/secrets/testing';
import service from '../service.config.ts';
import { newRing, VaultedApi } from './vaulted.api.ts';

/** The same API, whose keys are never used while the vault is silent. */
const impatient = defineService({
  ...service,
  secrets: defineSecrets({ holderKeys: keyring(32, { maxStaleSeconds: 0 }) }),
});

describeOpenBao('the API with its secrets from OpenBao', (program) => {
  let vault: VaultedApi;
  let api: TestService;
  let account: string;
  beforeAll(async () => {
    vault = await VaultedApi.prepare(program, false);
    api = await vault.start(impatient);
    account = `/v1/accounts/${(await create('Ada')).id}`;
  }, 60_000);
  afterAll(async () => {
    await api?.close();
    await vault?.stop();
  });

  const create = async (holder: string) =>
    (await api.call('POST', '/v1/accounts', { body: { holder, currency: 'EUR' } })).body;
  const status = async (path: string) => (await api.call('GET', path)).status;
  /** The route that needs the key, one that needs none, and the probes. */
  const seen = async () => Promise.all([account, '/v1/transfers', '/health/live', '/health/ready'].map(status));

  it.each([
    ['down', () => vault.bao.kill(), async () => vault.bao.spawn().then(() => vault.bao.unseal())],
    ['sealed', () => vault.bao.seal(), () => vault.bao.unseal()],
    ['forbidding', () => vault.forbid(), () => vault.allow()],
  ])(
    'vault %s: past maxStale 503 on the routes that need the secret and on no other; recovery without a restart',
    async (_what, fail, mend) => {
      expect(await seen()).toEqual([200, 200, 200, 200]);
      await fail();
      await until(async () => (await status(account)) === 503);
      const answer = await api.call('GET', account);
      expect(answer).toMatchObject({ status: 503, body: { code: 'dependency-unavailable' } });
      expect(answer.text).not.toMatch(/vault|bao|secret|holderKeys|127\.0\.0\.1/i);
      expect((await api.call('POST', '/v1/accounts', { body: { holder: 'No', currency: 'EUR' } })).status).toBe(503);
      expect(await seen()).toEqual([503, 200, 200, 503]);
      await mend();
      await until(async () => (await status(account)) === 200);
      expect(await seen()).toEqual([200, 200, 200, 200]);
    },
    60_000,
  );

  it('secret of another type, then deleted: the last good one stays in use', async () => {
    await writeKv(vault.bao, 'holderKeys', { value: 'nonsense' });
    await until(async () => JSON.stringify(await secretsPage()).includes('last good value'));
    expect(await seen()).toEqual([200, 200, 200, 200]);
    await vault.bao.must('DELETE', 'secret/data/api/holderKeys');
    await until(async () => JSON.stringify(await secretsPage()).includes('gone from the store'));
    expect(await seen()).toEqual([200, 200, 200, 200]);
    await vault.bao.must('PUT', 'secret/undelete/api/holderKeys', { versions: [1] });
    const first = await vault.bao.must('GET', 'secret/data/api/holderKeys?version=1');
    await writeKv(vault.bao, 'holderKeys', (first as unknown as { data: { data: object } }).data.data);
    await until(async () => !JSON.stringify(await secretsPage()).includes('last good value'));
  });

  it('token revoked: logs in again, and a new version still arrives', async () => {
    await vault.bao.must('PUT', 'sys/leases/revoke-prefix/auth/approle/login', {});
    const held = await vault.bao.must('GET', 'secret/data/api/holderKeys');
    const [former] = JSON.parse((held as unknown as { data: { data: { value: string } } }).data.data.value) as [string];
    const before = await rotations();
    await writeKv(vault.bao, 'holderKeys', { value: newRing(former) });
    await until(async () => (await rotations()) > before);
    expect(await seen()).toEqual([200, 200, 200, 200]);
    expect((await api.call('GET', '/v1/accounts?holder=Ada')).body.items).toHaveLength(1);
  });

  const secretsPage = async () =>
    (await api.call('GET', '/policy', { origin: api.urls.management })).body.secrets as {
      declared: { name: string; rotations: number }[];
    };
  const rotations = async () =>
    (await secretsPage()).declared.find(({ name }) => name === 'holderKeys')?.rotations ?? 0;
});

describeOpenBao('the API does not start, says why in one message, and nothing listens', (program) => {
  let vault: VaultedApi;
  let folder: string;
  beforeAll(async () => {
    vault = await VaultedApi.prepare(program, false);
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-vault-'));
  }, 60_000);
  afterAll(async () => {
    await vault?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const environment = async () => ({ ...(await vault.environment()), GATEHOUSE_STATE: join(folder, 'state') });

  it.each([
    [
      'a secret that is missing',
      78,
      'secrets-missing',
      /holderKeys is missing/,
      async () => {
        await vault.bao.must('DELETE', 'secret/metadata/api/holderKeys');
        return environment();
      },
    ],
    [
      'a secret of the wrong type',
      78,
      'secrets-missing',
      /holderKeys is 9 bytes/,
      async () => {
        await writeKv(vault.bao, 'holderKeys', { value: '["canary-short"]', other: 'canary-2' });
        return environment();
      },
    ],
    [
      'a secret-id that somebody unwrapped before',
      78,
      'wrap-used',
      /Revoke its secret-id/,
      async () => {
        const env = await environment();
        await vault.run(env);
        return env;
      },
    ],
    [
      'a token in the environment',
      78,
      'environment-refused',
      /VAULT_TOKEN/,
      async () => {
        return { ...(await environment()), VAULT_TOKEN: 'canary-3' };
      },
    ],
    [
      'a secret in the environment',
      78,
      'environment-refused',
      /HOLDER_KEYS/,
      async () => {
        return { ...(await environment()), HOLDER_KEYS: 'canary-4' };
      },
    ],
    [
      'a vault that is sealed',
      69,
      'store-sealed',
      /waiting up to[\s\S]*Unseal it/,
      async () => {
        const env = await environment();
        await vault.bao.seal();
        return env;
      },
    ],
    [
      'a vault that is down',
      69,
      'store-unreachable',
      /waiting up to[\s\S]*ECONNREFUSED/,
      async () => {
        await vault.bao.unseal();
        const env = await environment();
        await vault.bao.kill();
        return env;
      },
    ],
  ])(
    'with %s',
    async (_what, exit, code, message, make) => {
      const { code: exited, output } = await vault.run(await make());
      expect(output).toContain(`api did not start (${code}): `);
      expect(output).toMatch(message);
      expect(output).not.toMatch(/canary|is ready| at .*\.ts:/);
      expect(exited).toBe(exit);
    },
    90_000,
  );
});
