import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSecrets } from '../open-secrets.ts';
import { bytes, keyring, text, url } from '../secret.kinds.ts';
import type { SecretsEvent } from '../secrets.event.ts';
import { openLaptop } from './laptop.vault.ts';
import { seal, unseal } from './sealed.file.ts';

let root: string;
let stateFolder: string;
let env: NodeJS.ProcessEnv;
let events: SecretsEvent[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gatehouse-laptop-'));
  stateFolder = join(root, 'state');
  await mkdir(stateFolder);
  env = { XDG_CONFIG_HOME: join(root, 'config') };
  events = [];
});

afterEach(() => rm(root, { recursive: true, force: true }));

const context = (more = {}) => ({
  service: 'api',
  stateFolder,
  production: false,
  env,
  onEvent: (event: SecretsEvent) => void events.push(event),
  ...more,
});

const declared = { tokenKey: bytes(32), apiKey: text(), keys: keyring(32), webhook: url({ optional: true }) };

async function until(condition: () => boolean): Promise<void> {
  for (let left = 300; left > 0 && !condition(); left--) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(condition()).toBe(true);
}

describe('the laptop store', () => {
  it('is made by the first start with random values, and gives the same ones to the second', async () => {
    const first = await openSecrets(declared, {}, context());
    const key = first.get('tokenKey').reveal();
    expect(key).toHaveLength(32);
    expect(first.get('webhook')).toBeUndefined();
    expect(() => first.check()).not.toThrow();
    await first.close();
    const second = await openSecrets(declared, {}, context());
    expect(Buffer.from(second.get('tokenKey').reveal()).equals(key)).toBe(true);
    await second.close();
  });

  it('keeps file and key to their owner, and no value in the file', async () => {
    const secrets = await openSecrets(declared, {}, context());
    const file = join(stateFolder, 'secrets.sealed');
    const sealed = await readFile(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, 'config/gatehouse/laptop.key'))).mode & 0o777).toBe(0o600);
    expect(sealed.includes(secrets.get('apiKey').reveal())).toBe(false);
    expect(sealed.includes('tokenKey')).toBe(false);
    await secrets.close();
  });

  it('is refused in production, with the remedy', async () => {
    await expect(openSecrets(declared, {}, context({ production: true }))).rejects.toMatchObject({
      code: 'production-refused',
      message: expect.stringContaining('GATEHOUSE_VAULT_ADDR'),
    });
  });

  it('refuses a key file inside the repository, and one that others can read', async () => {
    await mkdir(join(root, '.git'));
    const inside = { GATEHOUSE_SECRETS_KEY_FILE: join(root, 'my.key') };
    await expect(openSecrets(declared, {}, context({ env: inside }))).rejects.toMatchObject({ code: 'laptop-key' });
    await rm(join(root, '.git'), { recursive: true });
    await writeFile(join(root, 'open.key'), randomBytes(32).toString('base64'), { mode: 0o644 });
    const open = { GATEHOUSE_SECRETS_KEY_FILE: join(root, 'open.key') };
    await expect(openSecrets(declared, {}, context({ env: open }))).rejects.toThrow(/chmod 600/);
  });

  it('does not make a new key for a store that has lost its own', async () => {
    await (await openSecrets(declared, {}, context())).close();
    await rm(join(root, 'config'), { recursive: true });
    await expect(openSecrets(declared, {}, context())).rejects.toMatchObject({ code: 'laptop-key' });
  });

  it('finds one changed bit anywhere', () => {
    const key = randomBytes(32);
    const sealed = seal({ generation: 1, services: { api: {} } }, key);
    expect(unseal(sealed, key, 'f').generation).toBe(1);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => unseal(changed, key, 'f')).toThrow(/was changed/);
    }
    expect(() => unseal(sealed.subarray(0, -1), key, 'f')).toThrow(/was changed/);
  });

  it('hands a rotation to the running service, and accepts the former key for a while', async () => {
    const secrets = await openSecrets(declared, {}, context());
    const former = secrets.get('tokenKey');
    const seen: unknown[] = [];
    secrets.onRotate('tokenKey', ({ previous }) => void seen.push(previous));
    const laptop = await openLaptop(context());
    await laptop.rotate('api', 'tokenKey');
    await until(() => seen.length === 1);
    expect(seen[0]).toBe(former);
    expect(secrets.get('tokenKey')).not.toBe(former);
    expect(secrets.accepted('tokenKey')[1]).toBe(former);
    await laptop.rotate('api', 'keys');
    await until(() => secrets.get('keys').reveal().length === 2);
    await secrets.close();
  });

  it('keeps the last good value, and says so, when a value of the wrong type is set or the entry is removed', async () => {
    const secrets = await openSecrets(declared, {}, context());
    const good = secrets.get('tokenKey');
    const laptop = await openLaptop(context());
    await laptop.set('api', 'tokenKey', 'too short');
    await until(() => events.some(({ type }) => type === 'secret-malformed'));
    await laptop.edit((content) => void delete content.services.api?.tokenKey);
    await until(() => events.some(({ type }) => type === 'secret-missing'));
    expect(secrets.get('tokenKey')).toBe(good);
    expect(JSON.stringify(events)).not.toContain('too short');
    await secrets.close();
  });

  it('notices that an older copy was put back', async () => {
    const secrets = await openSecrets(declared, {}, context());
    const file = join(stateFolder, 'secrets.sealed');
    await copyFile(file, join(root, 'old'));
    await (await openLaptop(context())).rotate('api', 'tokenKey');
    await until(() => secrets.status().some(({ rotations }) => rotations === 1));
    await copyFile(join(root, 'old'), file);
    await until(() => events.some(({ type }) => type === 'laptop-store-rolled-back'));
    await secrets.close();
  });

  it('loses no edit of ten that happen at once, and leaves nothing behind', async () => {
    const laptop = await openLaptop(context());
    await Promise.all(Array.from({ length: 10 }, (_, n) => laptop.set('api', `name${n}`, `value ${n}`)));
    expect(await laptop.list()).toHaveLength(10);
    expect(await readdir(stateFolder)).toEqual(['secrets.sealed']);
  });

  it('survives kill -9 while it writes: the store stays whole, the lock is taken over', async () => {
    const laptop = await openLaptop(context());
    await laptop.set('api', 'counter', '0');
    const writer = fileURLToPath(new URL('../../test/fixtures/laptop.writer.ts', import.meta.url));
    const hook = fileURLToPath(new URL('../../../../tools/cli/swc-hook.mjs', import.meta.url));
    for (let round = 0; round < 3; round++) {
      const args = ['--conditions=@gatehouse/source', '--import', hook, writer, stateFolder];
      const child = spawn(process.execPath, args, { env: { ...process.env, ...env, NODE_OPTIONS: '' } });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, 30 + 40 * Math.random()));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
      await laptop.set('api', 'after', String(round));
      expect((await laptop.read()).services.api?.after?.value).toBe(String(round));
    }
  });
});
