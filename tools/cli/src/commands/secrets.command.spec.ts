import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workspaceRoot } from '../workspace.ts';

const { bytes, defineSecrets, openSecrets, text, url } = await import('@gatehouse/secrets'); // as the command does
const gatehouse = fileURLToPath(new URL('../../bin/gatehouse.mjs', import.meta.url));
const declared = defineSecrets({ tokenKey: bytes(32), partner: text(), hook: url({ optional: true }) });

interface Outcome {
  code: number;
  out: string;
  err: string;
}

describe('gatehouse secrets', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-cli-secrets-'));
    env = { GATEHOUSE_STATE: join(folder, 'state'), GATEHOUSE_SECRETS_KEY_FILE: join(folder, 'laptop.key') };
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const run = (args: string[], input = '', more: NodeJS.ProcessEnv = {}) =>
    new Promise<Outcome>((resolve) => {
      const options = { env: { ...process.env, NODE_OPTIONS: '', ...env, ...more }, timeout: 60_000 };
      const child = execFile(process.execPath, [gatehouse, 'secrets', ...args], options, (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), out, err }),
      );
      child.stdin?.end(input);
    });
  const running = () =>
    openSecrets(declared, {}, { service: 'orders', stateFolder: join(folder, 'state'), production: false, env });

  it('set by standard input, list without values, rotate: each reaches the running service', async () => {
    const secrets = await running();
    const former = secrets.get('tokenKey').reveal();
    const set = await run(['set', 'orders', 'partner'], 'canary-value-long-enough\n');
    expect(set).toEqual({ code: 0, out: 'Set partner of orders.\n', err: '' });
    await within(() => secrets.get('partner').reveal() === 'canary-value-long-enough');
    expect(await run(['rotate', 'orders', 'tokenKey'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/Rotated/),
    });
    await within(() => !Buffer.from(secrets.get('tokenKey').reveal()).equals(Buffer.from(former)));
    const key = Buffer.from(secrets.get('tokenKey').reveal());
    const lists = [await run(['list']), await run(['list', 'orders', '--json'])].map(({ out }) => out);
    expect(JSON.parse(lists[1] as string)).toMatchObject([
      { service: 'orders', name: 'tokenKey', kind: 'bytes', version: 2 },
      { service: 'orders', name: 'partner', version: 2 },
    ]);
    for (const shown of [...lists, set.out]) {
      expect(shown).not.toContain('canary');
      for (const form of ['base64', 'hex', 'base64url'] as const) expect(shown).not.toContain(key.toString(form));
    }
    expect(JSON.parse((await run(['list', 'other', '--json'])).out)).toEqual([]);
    await secrets.close();
  }, 120_000);

  it('exports into a new file that its owner alone reads, outside the repository, once', async () => {
    await (await running()).close();
    const out = join(folder, 'values.json');
    expect((await run(['export', 'orders', '--out', out])).code).toBe(0);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(await readFile(out, 'utf8')) as object).sort()).toEqual(['partner', 'tokenKey']);
    expect(await run(['export', 'orders', '--out', out])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/exists/),
    });
    const inside = join(workspaceRoot, 'tools/cli/leak.json');
    expect(await run(['export', 'orders', '--out', inside])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/lies inside the repository\n {2}Name a new file outside/),
    });
    expect(existsSync(inside)).toBe(false);
    expect(await run(['export', 'orders'])).toMatchObject({ code: 1, err: expect.stringMatching(/--out <file>/) });
  }, 120_000);

  it.each([
    ['rotate of a name that is not there', ['rotate', 'orders', 'nothing'], '', /orders has no secret "nothing"/],
    ['rotate of what was set by hand', ['rotate', 'orders', 'hook'], '', /set by hand\n {2}Use: gatehouse secrets set/],
    ['export of a service that never started', ['export', 'other', '--stdout'], '', /Start the service once/],
    ['set without a value', ['set', 'orders', 'partner'], '', /no value was given/],
    ['a service that is no name', ['set', '../orders', 'partner'], 'x', /is no name/],
    ['a secret that is no name', ['set', 'orders', 'Partner Key'], 'x', /is no name/],
  ])(
    'says why not: %s',
    async (_what, args, input, message) => {
      const secrets = await running();
      await run(['set', 'orders', 'hook'], 'https://example.com/canary');
      await secrets.close();
      const { code, out, err } = await run(args, input);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(message);
      expect(err).not.toMatch(/canary| at .*\.(ts|mjs):/);
    },
    120_000,
  );

  it('takes no value on the command line, and nothing in production', async () => {
    const given = await run(['set', 'orders', 'partner', 'canary-on-the-line']);
    expect(given.code).toBe(2);
    await writeFile(join(folder, 'in'), '');
    const refused = await run(['list'], '', { NODE_ENV: 'production' });
    expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/for development/) });
  }, 60_000);
});

async function within(condition: () => boolean): Promise<void> {
  for (let left = 800; left > 0 && !condition(); left--) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(condition()).toBe(true);
}
