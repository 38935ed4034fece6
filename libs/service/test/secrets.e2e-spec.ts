// What a service does with its secrets, over HTTPS: from mounted files, which every platform has. The same rows against a real vault
// are in apps/api/test/vault*.e2e-spec.ts.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytes, defineSecrets, openSecrets } from '@gatehouse/secrets';
import { defineService } from '../src/index.ts';
import { startForTest, type TestService, writeBuiltInKeys } from '../src/testing/index.ts';
import { macOf, SecretModule, withSecrets } from './fixtures/secret.app.ts';
import { sample, SampleModule } from './fixtures/sample.app.ts';
import { until } from './fixtures/until.ts';

describe('a service with secrets', () => {
  let folder: string;
  let file: string;
  let service: TestService | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-run-secrets-'));
    file = join(folder, 'tokenKey');
    await writeBuiltInKeys(withSecrets, folder);
  });
  afterEach(async () => {
    await service?.close();
    service = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  const put = async (key = randomBytes(32)) => {
    await writeFile(file, key, { mode: 0o600 });
    return key;
  };
  const start = async (env: NodeJS.ProcessEnv = { GATEHOUSE_SECRETS_FOLDER: folder }) =>
    (service = await startForTest(SecretModule, withSecrets, { env }));
  const mac = async () => (await service?.call('GET', '/v1/mac'))?.body.mac;
  const status = async (path: string) => (await service?.call('GET', path))?.status;

  it('hands them to its providers, and a new value without a restart', async () => {
    const key = await put();
    await start();
    await until(async () => (await mac()) === macOf(key)); // on a busy machine it may be stale for a moment
    const next = await put();
    await until(async () => (await mac()) === macOf(next));
  });

  it('answers 503 on the route that needs one past its maxStale and on no other; recovers without a restart', async () => {
    const key = await put();
    await start();
    await chmod(file, 0o666); // refused: anybody could have written it
    await until(async () => (await status('/v1/mac')) === 503);
    const answer = await service?.call('GET', '/v1/mac');
    expect(answer).toMatchObject({ status: 503, body: { code: 'dependency-unavailable' } });
    expect(answer?.headers['retry-after']).toBe('5');
    expect(answer?.text).not.toMatch(/tokenKey|secret/i);
    expect([await status('/v1/plain'), await status('/health/live'), await status('/health/ready')]).toEqual([
      200, 200, 503,
    ]);
    await chmod(file, 0o600);
    await until(async () => (await status('/v1/mac')) === 200);
    expect([await mac(), await status('/health/ready')]).toEqual([macOf(key), 200]);
  });

  it('keeps the last good one when the file goes or turns wrong', async () => {
    const key = await put();
    await start();
    await writeFile(file, 'too short');
    await rm(file);
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // longer than the poll
    expect([await mac(), await status('/health/ready')]).toEqual([macOf(key), 200]);
  });

  it('shows on the management port which there are and from where, and no value', async () => {
    const key = await put();
    await start();
    const { management } = (service as TestService).urls;
    const { text, body } = await (service as TestService).call('GET', '/policy', { origin: management });
    expect(body.secrets).toMatchObject({
      store: 'files',
      declared: [
        { name: 'tokenKey', kind: 'bytes(32)', usable: true },
        { name: 'partner', usable: true },
        { name: 'gatehouseAuditSigningKey', kind: 'bytes(32)', usable: true },
        { name: 'gatehouseAuditIdentifierKey', kind: 'bytes(32)', usable: true },
      ],
    });
    for (const form of ['hex', 'base64', 'latin1'] as const) expect(text).not.toContain(key.toString(form));
  });

  it('makes them at the first start on a laptop, and has the same at the second', async () => {
    const stateFolder = join(folder, 'state');
    const env = { GATEHOUSE_SECRETS_KEY_FILE: join(folder, 'laptop.key') };
    service = await startForTest(SecretModule, withSecrets, { stateFolder, env });
    const first = await mac();
    await service.close();
    service = await startForTest(SecretModule, withSecrets, { stateFolder, env });
    expect(await mac()).toBe(first);
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['laptop.key', 'state']));
  });

  it('adds little to the start on a laptop, told here', async () => {
    const stateFolder = join(folder, 'state');
    await (await startForTest(SecretModule, withSecrets, { stateFolder, env: {} })).close();
    const env = { GATEHOUSE_SECRETS_KEY_FILE: `${stateFolder}.key` };
    const started = performance.now();
    const context = { service: withSecrets.name, stateFolder, production: false, env };
    const secrets = await openSecrets(withSecrets.secrets, {}, context);
    const took = performance.now() - started;
    await secrets.close();
    process.stderr.write(`start with the laptop store: ${took.toFixed(1)} ms\n`);
    expect(took).toBeLessThan(500);
  });

  it.each([
    ['in production from the laptop store', { NODE_ENV: 'production' }, 'production-refused', /GATEHOUSE_VAULT_ADDR/],
    ['with a secret in the environment', { GATEHOUSE_TOKEN_KEY: 'canary-1' }, 'environment-refused', /TOKEN_KEY/],
    ['without the folder', { GATEHOUSE_SECRETS_FOLDER: '/nowhere' }, 'store-unreachable', /SECRETS_FOLDER/],
  ])('does not start %s', async (_what, env, code, message) => {
    const refused = startForTest(SecretModule, withSecrets, { env });
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(refused).rejects.not.toThrow(/canary/);
  });

  it('names everything that is missing or wrong, and no value', async () => {
    await writeFile(file, 'canary-too-short');
    await writeFile(join(folder, 'partner'), 'changeme');
    await expect(start()).rejects.toThrow(/partner is a placeholder\n {2}tokenKey is 12 bytes/);
    await expect(start()).rejects.not.toThrow(/canary/);
  });

  it('as a process: one message, its code, 78, and nothing listens', async () => {
    const { code, stdout, stderr } = await program({ NODE_ENV: 'production', VAULT_TOKEN: 'canary-1' });
    expect(code).toBe(78);
    expect(stderr).toMatch(
      /^\nvaulted did not start \(production-refused\): the laptop store .*\n {2}Set GATEHOUSE_.*\n$/,
    );
    expect(stdout).not.toContain('listening');
    expect(stdout + stderr).not.toMatch(/canary| at .*\.ts:/);
  });

  it('needs a store in production for the keys of its audit alone, and none without it', async () => {
    const env = { NODE_ENV: 'production', GATEHOUSE_TLS_CERT_FILE: '/nowhere/cert.pem' };
    await expect(startForTest(SampleModule, sample, { env })).rejects.toMatchObject({ code: 'production-refused' });
    const unaudited = defineService({ ...sample, secrets: {}, audit: { enabled: false } });
    await expect(startForTest(SampleModule, unaudited, { env })).rejects.toThrow(/TLS/); // got past its secrets
  });

  it('keeps names for the libs, and takes only what defineSecrets made', () => {
    const ports = { https: 0, http: 0, management: 0 };
    const own = defineSecrets({ gatehouseKey: bytes(32) });
    expect(() => defineService({ root: '.', name: 'x1', ports, secrets: own })).toThrow(
      /gatehouseKey begins with "gatehouse"/,
    );
    expect(() => defineService({ root: '.', name: 'x1', ports, secrets: { key: 'hunter2' } as never })).toThrow(
      /secrets: make it with defineSecrets\(\)/,
    );
  });
});

function program(env: NodeJS.ProcessEnv): Promise<{ code: number; stdout: string; stderr: string }> {
  const hook = fileURLToPath(new URL('../../../tools/cli/swc-hook.mjs', import.meta.url));
  const file = fileURLToPath(new URL('./fixtures/secret.program.ts', import.meta.url));
  const args = ['--conditions=@gatehouse/source', '--import', hook, file];
  const options = { timeout: 60_000, env: { PATH: process.env.PATH, ...env } };
  return new Promise((resolve) =>
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    ),
  );
}
