// A start that is refused is refused at once: nothing of the application, of Nest or of a driver is loaded before the settings, the secrets
// in the environment, the state folder and the certificate are accepted.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testAuthority } from '@gatehouse/tls/testing';
import { startForTest } from '../src/testing/index.ts';
import { sample, SampleModule } from './fixtures/sample.app.ts';

const HEAVY = /node_modules\/(@nestjs|rxjs|fastify|kysely|pg|iovalkey|jose|undici|pino|@peculiar)\/|sample\.app/;
const HOOK = fileURLToPath(new URL('../../../tools/cli/swc-hook.mjs', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./fixtures/early.program.ts', import.meta.url));

const PRODUCTION = { NODE_ENV: 'production' };

/** Says at the end what was loaded. */
const WATCH = `import { registerHooks } from 'node:module';
  const seen = [];
  registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
  process.on('exit', () => process.stdout.write('loaded ' + seen.join(' ')));`;

describe('a start that is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-refused-'));
  const path = (name: string) => join(folder, name);
  const pair = { GATEHOUSE_TLS_CERT_FILE: path('tls.crt'), GATEHOUSE_TLS_KEY_FILE: path('tls.key') };
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function writePair(valid: boolean, ownKey: boolean): Promise<void> {
    const authority = await testAuthority();
    const now = Date.now();
    const { cert, key } = await authority.issue(valid ? {} : { notBefore: now - 2 * DAY, notAfter: now - DAY });
    writeFileSync(path('tls.crt'), cert);
    writeFileSync(path('tls.key'), ownKey ? key : (await authority.issue()).key, { mode: 0o600 });
  }

  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['with an unknown setting', { GATEHOUSE_NO_SUCH: '1' }, 'GATEHOUSE_NO_SUCH'],
    ['with everybody as a proxy', { GATEHOUSE_TRUSTED_PROXIES: '0.0.0.0/0' }, 'GATEHOUSE_TRUSTED_PROXIES'],
    ['with a secret in the environment', { TOKEN_KEY: 'x' }, 'TOKEN_KEY'],
    ['with a state folder that is a file', { GATEHOUSE_STATE: PROGRAM }, 'GATEHOUSE_STATE'],
    ['with a certificate that is not there', { ...pair, GATEHOUSE_TLS_CERT_FILE: path('none') }, path('none')],
    ['with a PKI of a vault that nobody named', { GATEHOUSE_TLS_VAULT_PKI_ROLE: 'x' }, 'GATEHOUSE_VAULT_ADDR'],
    ['with the laptop store in production', PRODUCTION, 'GATEHOUSE_SECRETS_FOLDER'],
    [
      'with no certificate in production',
      { ...PRODUCTION, GATEHOUSE_SECRETS_FOLDER: folder },
      'GATEHOUSE_TLS_CERT_FILE',
    ],
    [
      'with replicas that share no limits',
      { ...PRODUCTION, GATEHOUSE_RATE_LIMIT_REPLICAS: '3' },
      'GATEHOUSE_VALKEY_URL',
    ],
  ])('%s has loaded nothing of the application', async (_what, env, names) =>
    expect(await run(env)).toEqual(refused(names)),
  );

  it.each([
    ['that has expired', false, true],
    ['of another key', true, false],
  ])('with a certificate %s has loaded nothing of the application', async (_what, valid, ownKey) => {
    await writePair(valid, ownKey);
    expect(await run(pair)).toEqual(refused(path('tls.crt')));
  });

  it('with a certificate for somebody else has loaded nothing of the application', async () => {
    await writePair(true, true);
    const env = { ...pair, GATEHOUSE_PUBLIC_ORIGIN: 'https://api.example.com' };
    expect(await run(env)).toEqual(refused('api.example.com'));
  });

  const refused = (names: string) => ({ code: 78, error: expect.stringContaining(names), heavy: [] });

  function run(env: NodeJS.ProcessEnv): Promise<{ code: unknown; error: string; heavy: string[] }> {
    const watch = `data:text/javascript,${encodeURIComponent(WATCH)}`;
    const argv = ['--conditions=@gatehouse/source', '--import', HOOK, '--import', watch, PROGRAM];
    const options = { env: { PATH: process.env.PATH, GATEHOUSE_STATE: path('state'), ...env }, timeout: 20_000 };
    return new Promise((resolve) => {
      execFile(process.execPath, argv, options, (error, stdout, stderr) => {
        const loaded = stdout.split('loaded ')[1]?.split(' ') ?? ['nothing was said'];
        resolve({
          code: error?.code,
          error: stderr,
          heavy: loaded.filter((url) => HEAVY.test(url) || !url.includes(':')),
        });
      });
    });
  }
});

describe('the root module', () => {
  it('may be loaded when the settings are accepted', async () => {
    const service = await startForTest(async () => ({ AppModule: SampleModule }), sample);
    expect((await service.call('GET', '/health/live')).status).toBe(200);
    await service.close();
  });

  it('may be loaded by a plain function', async () => {
    const load = function () {
      return Promise.resolve({ AppModule: SampleModule });
    };
    await (await startForTest(load, sample)).close();
  });

  it('is named where its file has none', async () => {
    const start = startForTest(async () => ({}) as never, sample);
    await expect(start).rejects.toThrow('exports no AppModule');
  });
});

const DAY = 86_400_000;
