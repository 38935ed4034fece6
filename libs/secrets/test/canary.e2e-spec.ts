// Twenty canary secrets, in every spelling, searched for in all that a talkative service says about itself: none is there. And the
// search finds one that is planted.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { canaryHits } from '../src/testing/canary.search.ts';
import { describeOpenBao } from '../src/testing/openbao.binary.ts';
import { OpenBao } from '../src/testing/openbao.server.ts';
import { approleEnvironment, prepareApi, writeKv } from '../src/testing/service.role.ts';
import { until } from '../src/testing/until.ts';

const word = () => randomBytes(15).toString('base64url');
const key = randomBytes(32);
const ring = [randomBytes(32), randomBytes(32)];
const texts = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`text${n}`, `canary/${word()}=&`]));
const hook = `https://canary.example/${word()}?a=${word()}`;
const pair = { user: 'api', password: `canary/${word()}` };

/** Each as it is, in base64, hex and percent-encoded. */
const canaries: Buffer[] = [...Object.values(texts), hook, pair.password, ...ring, key].map((one) => Buffer.from(one));

const found = (output: string) => canaryHits(output, canaries);

/** Runs the talkative service, and never for ever: what is waited for is bounded, and the process is ended. */
async function run(
  env: NodeJS.ProcessEnv,
  stateFolder: string,
  whileRunning: (output: () => string) => Promise<void>,
): Promise<string> {
  const hookFile = fileURLToPath(new URL('../../../tools/cli/swc-hook.mjs', import.meta.url));
  const file = fileURLToPath(new URL('./fixtures/canary.service.ts', import.meta.url));
  const context = JSON.stringify({ service: 'api', stateFolder, production: false, env });
  const args = ['--conditions=@gatehouse/source', '--import', hookFile, file, context];
  const debug = { NODE_DEBUG: 'undici,fetch,http,https,net,tls', DEBUG: '*', PATH: process.env.PATH };
  const child: ChildProcess = spawn(process.execPath, args, { env: debug });
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  try {
    await until(() => output.includes('\nREADY\n') || isOver(), 60_000);
    if (!isOver()) await whileRunning(() => output);
    for (const part of ['environ', 'cmdline', 'comm', 'status']) {
      output += await readFile(`/proc/${child.pid}/${part}`, 'utf8').catch(() => '');
    }
    child.stdin?.end('go\n');
    await until(isOver, 60_000);
  } finally {
    child.kill('SIGKILL');
  }
  expect({ code: await exit, output: output.slice(-2_000) }).toMatchObject({ code: 0 });
  return output;
}

describe('no secret leaks', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-canary-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('finds a canary that is planted, in every spelling', () => {
    expect(found('nothing here')).toEqual([]);
    for (const canary of canaries) {
      for (const form of ['utf8', 'base64', 'hex', 'base64url'] as const) {
        expect(found(`before ${canary.toString(form)} after`).length).toBeGreaterThan(0);
      }
    }
    expect(found(`x ${encodeURIComponent(hook)} y`)).toHaveLength(1);
    expect(found(JSON.stringify(key))).toHaveLength(1);
    expect(found(inspect(key))).toHaveLength(1);
  });

  it('from mounted files: 20 canaries, 0 hits', async () => {
    const values = {
      ...texts,
      key,
      keys: JSON.stringify(ring.map((one) => one.toString('base64'))),
      hook,
      pair: JSON.stringify(pair),
    };
    for (const [name, value] of Object.entries(values)) await writeFile(join(folder, name), value, { mode: 0o600 });
    const output = await run({ GATEHOUSE_SECRETS_FOLDER: folder }, folder, async (soFar) => {
      await writeFile(join(folder, 'hook'), `${hook}&b=2`, { mode: 0o600 });
      await writeFile(join(folder, 'key'), texts.text0 ?? '', { mode: 0o600 });
      await until(() => soFar().includes('rotation-hook-failed') && soFar().includes('secret-malformed'));
    });
    expect(['secret-rotated', 'rotation-hook-failed'].filter((told) => !output.includes(told))).toEqual([]);
    expect(found(output)).toEqual([]);
  });
});

describeOpenBao('no secret leaks from OpenBao', (program) => {
  let bao: OpenBao;
  beforeAll(async () => {
    bao = await OpenBao.start(program);
    await prepareApi(bao);
  });
  afterAll(() => bao?.stop());

  it('20 canaries and the credentials of the login: 0 hits, though the vault is killed meanwhile', async () => {
    for (const [name, value] of Object.entries({ ...texts, hook })) await writeKv(bao, name, { value });
    await writeKv(bao, 'key', { value: key.toString('base64') });
    await writeKv(bao, 'keys', { value: JSON.stringify(ring.map((one) => one.toString('base64'))) });
    await writeKv(bao, 'pair', pair);
    const env = await approleEnvironment(bao);
    canaries.push(Buffer.from(await readFile(env.GATEHOUSE_VAULT_SECRET_ID_FILE ?? '', 'utf8')));
    const output = await run(env, bao.folder, async (soFar) => {
      await writeKv(bao, 'hook', { value: `${hook}&b=2` });
      await writeKv(bao, 'key', { value: texts.text0 });
      await until(() => soFar().includes('rotation-hook-failed') && soFar().includes('secret-malformed'));
      await bao.kill();
      await until(() => soFar().includes('store-lost'));
    });
    expect(['secret-rotated', 'store-lost'].filter((told) => !output.includes(told))).toEqual([]);
    expect(output.match(/\b(s|hvs|b)\.[A-Za-z0-9_-]{20,}/g) ?? []).toEqual([]); // tokens of a vault
    expect(found(output)).toEqual([]);
  });
});
