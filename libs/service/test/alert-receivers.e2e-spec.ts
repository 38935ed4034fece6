// A receiver of alerts that hangs, sends elsewhere or fails: no request waits for it, nothing is sent elsewhere, what is lost is told, and
// the end of the service does not wait either.
import { execFile } from 'node:child_process';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AlertWebhook, type DetectionFinding } from '@gatehouse/detection';
import { testAuthority } from '@gatehouse/tls/testing';
import { until } from './fixtures/until.ts';

type Answer = 'hang' | 'redirect' | 'fail';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'gatehouse-receivers-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function receiver(answer: Answer) {
  const authority = await testAuthority();
  const heard: string[] = [];
  const server = createServer(await authority.issue({ names: ['localhost'] }), (request, response) => {
    heard.push(request.url ?? '');
    request.resume();
    if (answer === 'redirect') response.writeHead(307, { location: '/elsewhere' }).end();
    if (answer === 'fail') response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const caFile = join(folder, `${randomUUID()}.pem`);
  await writeFile(caFile, authority.cert);
  const lost: string[] = [];
  const url = `https://localhost:${(server.address() as AddressInfo).port}/alerts`;
  const webhook = new AlertWebhook({
    ...{ url, caFile, keys: () => [Buffer.alloc(32, 1)], onLost: (why: string) => lost.push(why) },
  });
  const close = async () => {
    await webhook.close();
    server.closeAllConnections();
    server.close();
  };
  return { url, webhook, heard, lost, close };
}

const finding = () => ({ time: Date.now(), metadata: { uid: randomUUID() } }) as unknown as DetectionFinding;

it('holds nobody up while it hangs: a hundred wait, the rest is lost and told, and the end comes at once', async () => {
  const { webhook, heard, lost, close } = await receiver('hang');
  const begun = performance.now();
  for (let index = 0; index < 500; index++) webhook.send(finding());
  expect(performance.now() - begun).toBeLessThan(1_000);
  await until(() => heard.length === 1);
  expect(lost.length).toBeGreaterThanOrEqual(398);
  const closing = performance.now();
  await close();
  expect(performance.now() - closing).toBeLessThan(3_000);
  expect(webhook.counters).toEqual({ delivered: 0, lost: 500 });
});

it('follows no redirect: an alert and its signature go where they were meant to', async () => {
  const { webhook, heard, lost, close } = await receiver('redirect');
  webhook.send(finding());
  await until(() => heard.length === 2);
  await close();
  await until(() => lost.length === 1);
  expect(new Set(heard)).toEqual(new Set(['/alerts']));
});

it('tells nobody whose certificate is not good, whatever the environment says', async () => {
  const { url, heard, close } = await receiver('fail');
  const caFile = join(folder, 'other.pem');
  await writeFile(caFile, (await testAuthority()).cert);
  const program = `
    const { AlertWebhook } = await import('@gatehouse/detection');
    const onLost = (why) => { process.stdout.write(why); process.exit(); };
    const options = { url: '${url}', caFile: '${caFile}', keys: () => [Buffer.alloc(32)], onLost };
    new AlertWebhook(options).send({ time: 0, metadata: { uid: 'x' } });
    setTimeout(() => undefined, 60_000);`;
  const hook = new URL('../../../tools/cli/swc-hook.mjs', import.meta.url).href;
  const argv = ['--conditions=@gatehouse/source', `--import=${hook}`, '--input-type=module', '-e', program];
  const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: import.meta.dirname, env });
    expect(stdout).toMatch(/certificate|issuer/);
    expect(heard).toEqual([]);
  } finally {
    await close();
  }
}, 90_000);

it('tries again after 500, and tells what it lost', async () => {
  const { webhook, heard, lost, close } = await receiver('fail');
  webhook.send(finding());
  await until(() => lost.length === 1, 30_000);
  expect(heard).toHaveLength(4);
  expect(lost[0]).toContain('500');
  await close();
}, 60_000);
