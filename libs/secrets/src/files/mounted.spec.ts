import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSecrets } from '../open-secrets.ts';
import { bytes, databaseCredentials, text } from '../secret.kinds.ts';
import type { SecretsEvent } from '../secrets.event.ts';

let folder: string;
let events: SecretsEvent[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-mounted-'));
  events = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const context = (env: NodeJS.ProcessEnv = {}) => ({
  service: 'api',
  stateFolder: '/nonexistent',
  production: true,
  env: { GATEHOUSE_SECRETS_FOLDER: folder, ...env },
  onEvent: (event: SecretsEvent) => void events.push(event),
});

async function until(condition: () => boolean): Promise<void> {
  for (let left = 300; left > 0 && !condition(); left--) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(condition()).toBe(true);
}

describe('mounted files', () => {
  it('reads a file as one secret and a folder as fields', async () => {
    const key = randomBytes(32);
    await writeFile(join(folder, 'tokenKey'), key);
    await mkdir(join(folder, 'database'));
    await writeFile(join(folder, 'database/username'), 'api\n');
    await writeFile(join(folder, 'database/password'), 's3cure-enough\n');
    const declared = { tokenKey: bytes(32), database: databaseCredentials({ role: 'api' }) };
    const secrets = await openSecrets(declared, {}, context());
    expect(Buffer.from(secrets.get('tokenKey').reveal()).equals(key)).toBe(true);
    expect(secrets.get('database').reveal()).toEqual({ username: 'api', password: 's3cure-enough' });
    await secrets.close();
  });

  it('follows the symlink swap of Kubernetes', async () => {
    const generation = async (name: string, value: string) => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'apiKey'), value);
      await symlink(name, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await generation('..one', 'the-first-api-key-1');
    await symlink('..data/apiKey', join(folder, 'apiKey'));
    const secrets = await openSecrets({ apiKey: text() }, {}, context());
    const seen: string[] = [];
    secrets.onRotate('apiKey', ({ current }) => void seen.push(current.reveal()));
    await generation('..two', 'the-second-api-key-2');
    await until(() => seen.length === 1);
    expect(seen).toEqual(['the-second-api-key-2']);
    expect(secrets.get('apiKey').reveal()).toBe('the-second-api-key-2');
    await secrets.close();
  });

  it('keeps the last good value when the file goes or turns wrong, and says so', async () => {
    await writeFile(join(folder, 'apiKey'), 'the-first-api-key-1');
    const secrets = await openSecrets({ apiKey: text() }, {}, context());
    await writeFile(join(folder, 'apiKey'), 'short');
    await until(() => events.some(({ type }) => type === 'secret-malformed'));
    await rm(join(folder, 'apiKey'));
    await until(() => events.some(({ type }) => type === 'secret-missing'));
    expect(secrets.get('apiKey').reveal()).toBe('the-first-api-key-1');
    await secrets.close();
  });

  it('lists every name that is missing or wrong, and no value', async () => {
    await writeFile(join(folder, 'tokenKey'), 'canary-wrong-type');
    const start = openSecrets({ tokenKey: bytes(32), apiKey: text(), other: text({ optional: true }) }, {}, context());
    const error = await start.catch((caught: Error) => caught);
    expect(error).toMatchObject({ code: 'secrets-missing' });
    expect(String(error)).toMatch(/apiKey is missing[\s\S]*tokenKey is/);
    expect(String(error)).not.toMatch(/canary|other/);
  });

  it('refuses a link that leaves the folder, and a file that others may write', async () => {
    await symlink('/etc/hostname', join(folder, 'apiKey'));
    await expect(openSecrets({ apiKey: text({ minLength: 1 }) }, {}, context())).rejects.toThrow(/outside/);
    await writeFile(join(folder, 'open'), 'the-first-api-key-1', { mode: 0o600 });
    const { chmod } = await import('node:fs/promises');
    await chmod(join(folder, 'open'), 0o666);
    await expect(openSecrets({ open: text() }, {}, context())).rejects.toThrow(/written by others/);
  });

  it.each(['API_KEY', 'GATEHOUSE_API_KEY', 'GATEHOUSE_SECRET_API_KEY'])(
    'refuses a secret in the environment (%s), with the remedy and without the value',
    async (name) => {
      await writeFile(join(folder, 'apiKey'), 'the-first-api-key-1');
      const start = openSecrets({ apiKey: text() }, {}, context({ [name]: 'canary-env' }));
      const error = await start.catch((caught: Error) => caught);
      expect(error).toMatchObject({
        code: 'environment-refused',
        remedy: expect.stringContaining('GATEHOUSE_SECRETS_FOLDER'),
      });
      expect(String(error)).toContain(name);
      expect(String(error)).not.toContain('canary');
    },
  );
});
