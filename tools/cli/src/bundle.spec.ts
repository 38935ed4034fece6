// A service built to files that need no node_modules: what a library loads only when it is asked for, such as the traces, must be in
// them too, and what nobody asked for is not read.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { workspaceRoot } from './workspace.ts';

/** By this id the share of the traces that is recorded includes it. */
const TRACEPARENT = '00-00000000000000000000000000000001-0000000000000001-01';

it('posts the spans of a bundled service', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bundle-'));
  const file = await bundle(folder);
  const { testAuthority } = await import('@gatehouse/tls/testing');
  const authority = await testAuthority();
  const posts: string[] = [];
  const collector = createServer(await authority.issue({ names: ['localhost'] }), async (asked, answer) => {
    let text = '';
    for await (const chunk of asked) text += chunk;
    posts.push(text);
    answer.end('{}');
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  await writeFile(join(folder, 'collector.pem'), authority.cert);
  const service = spawn(process.execPath, [file], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      GATEHOUSE_STATE: join(folder, 'state'),
      GATEHOUSE_TLS_SOURCES: 'embedded',
      GATEHOUSE_HTTPS_PORT: '0',
      GATEHOUSE_HTTP_PORT: '0',
      GATEHOUSE_MANAGEMENT_PORT: '0',
      GATEHOUSE_TRACES_URL: `https://localhost:${(collector.address() as AddressInfo).port}/v1/traces`,
      GATEHOUSE_TRACES_CA_FILE: join(folder, 'collector.pem'),
    },
  });
  const ended = once(service, 'exit');
  let output = '';
  for (const stream of [service.stdout, service.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  try {
    while (!output.includes('Stop with Ctrl-C')) {
      if (service.exitCode !== null) throw new Error(output);
      await delay(50);
    }
    const ca = await readFile(join(folder, 'state/ca/ca.pem'), 'utf8');
    const [origin] = /https:\/\/localhost:\d+/.exec(output) ?? [];
    const asked = request(`${origin}/health/live`, { ca, headers: { traceparent: TRACEPARENT } }).end();
    const [answer] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(200);
    service.kill('SIGTERM'); // what waits is posted at the end
    await ended;
    expect(posts.join()).toContain('"name":"GET /health/live"');
  } finally {
    service.kill('SIGKILL');
    collector.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

it('cuts a service into files that leave little behind in memory when they are read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bundle-'));
  try {
    await bundle(folder);
    const names = (await readdir(folder)).filter((name) => name.endsWith('.mjs'));
    const files = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    // a large one leaves six times its size to malloc, and a character beyond ASCII doubles what V8 keeps
    expect(Math.max(...files.map((text) => text.length))).toBeLessThan(2_000_000);
    const code = files.map((text) => text.replaceAll(/\/\*!.*?\*\//gs, '')); // but not the names in a licence
    expect(names.filter((_, index) => /[^\0-\x7f]/.test(code[index] ?? ''))).toEqual([]);
    expect(names).toContain('otel.traces.chunk.mjs'); // read by whoever sends traces, and by nobody else
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);

/** The service of the benchmark: it answers from memory. */
async function bundle(folder: string): Promise<string> {
  const [cli, config] = ['node_modules/rolldown/bin/cli.mjs', 'tools/cli/rolldown.config.mjs'];
  const args = [join(workspaceRoot, cli), '-c', join(workspaceRoot, config), '--dir', folder];
  const input = join(workspaceRoot, 'tools/bench/src/servers/notes.main.ts');
  await promisify(execFile)(process.execPath, [...args, '--input', input], { cwd: join(workspaceRoot, 'tools/bench') });
  return join(folder, 'notes.main.mjs');
}
