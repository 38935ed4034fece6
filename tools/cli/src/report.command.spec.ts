import { jest } from '@jest/globals';
import { Command } from 'commander';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerConform } from './commands/conform.command.ts';
import { registerTlsAudit } from './commands/tls-audit.command.ts';

async function run(...args: string[]): Promise<{ code: unknown; error: string; out: string }> {
  const program = new Command('gatehouse');
  registerConform(program);
  registerTlsAudit(program);
  let error = '';
  let out = '';
  const printed = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    error += String(text);
    return true;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return { code: process.exitCode, error, out };
  } finally {
    printed.mockRestore();
    spy.mockRestore();
    process.exitCode = undefined;
  }
}

it.each([
  ['an address that is not HTTPS', ['conform', 'http://localhost:1'], /conform: url: must be an https/],
  [
    'a service that does not answer',
    ['conform', 'https://localhost:1'],
    /does not answer TLS[^]*Remedy: check that the service runs/,
  ],
  [
    'a CA file that is not there',
    ['conform', 'https://localhost:1', '--ca', '/nonexistent'],
    /\/nonexistent does not exist[^]*Remedy: .*--ca/,
  ],
  ['a token file that is not there', ['conform', 'https://localhost:1', '--token-file', '/nonexistent'], /ENOENT/],
  [
    'a check that there is not',
    ['conform', 'https://localhost:1', '--only', 'hsts,nonsense'],
    /no check "nonsense"[^]*Remedy: the checks are: /,
  ],
  [
    'a severity that there is not',
    ['conform', 'https://localhost:1', '--fail-on', 'bad'],
    /--fail-on "bad" is no severity/,
  ],
  [
    'a report in a folder that is not there',
    ['conform', 'https://localhost:1', '--junit', '/nonexistent/junit.xml'],
    /--junit [^]*cannot be written to \(ENOENT\)[^]*Remedy: make the folder/,
  ],
  [
    'a command with quotes that do not close',
    ['conform', 'https://localhost:1', '--only', 'sigterm-drain', '--command', 'node "main.mjs'],
    /--command "node \\"main.mjs" has quotes that do not close[^]*Remedy: write it as/,
  ],
  [
    'a command that is not there',
    ['conform', 'https://localhost:1', '--only', 'sigterm-drain', '--command', 'nope-not-there --now'],
    /the program "nope-not-there" is not there \(ENOENT\)[^]*Remedy: name the program/,
  ],
  ['a command without words', ['conform', 'https://localhost:1', '--command', ' '], /--command " " is empty/],
  ['a report without a name', ['conform', 'https://localhost:1', '--junit', ''], /--junit "": is no name of a file/],
  ['a report that is a folder', ['conform', 'https://localhost:1', '--sarif', '/tmp'], /--sarif "\/tmp": is a folder/],
  ['a report below a file', ['conform', 'https://localhost:1', '--junit', `${import.meta.filename}/a`], /\(ENOTDIR\)/],
  ['a report of TLS that is a folder', ['tls', 'audit', 'localhost:1', '--sarif', '.'], /--sarif "\.": is a folder/],
  [
    'a report of TLS in a folder that is not there',
    ['tls', 'audit', 'localhost:1', '--sarif', '/nonexistent/tls.sarif'],
    /--sarif [^]*cannot be written to \(ENOENT\)[^]*Remedy: make the folder/,
  ],
  [
    'a port that is missing',
    ['tls', 'audit', 'localhost'],
    /tls audit: "localhost" is no host and port[^]*localhost:8443/,
  ],
  ['a port that does not answer', ['tls', 'audit', '[::1]:1'], /tls audit: https:\/\/\[::1\]:1 does not answer TLS/],
])('%s is one clear error and exit code 2', async (_what, args, message) => {
  const { code, error } = await run(...args);
  expect(error).toMatch(message);
  expect(code).toBe(2);
});

const onFullDisk = existsSync('/dev/full') ? describe : describe.skip;
onFullDisk('a report that cannot be written after all', () => {
  let folder: string;
  let service: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-report-'));
    service = await serve(folder);
  });
  afterAll(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each<[string, () => string[], RegExp]>([
    ['the table', () => ['conform', service.url, '--only', 'tls-1-3', '--junit', '/dev/full'], /1 passed/],
    ['the JSON', () => ['conform', service.url, '--only', 'tls-1-3', '--junit', '/dev/full', '--json'], /"pass": 1/],
    ['the table of TLS', () => ['tls', 'audit', service.host, '--only', 'tls-1-3', '--sarif', '/dev/full'], /1 passed/],
  ])('%s is printed first, and the exit code is 2', async (_what, args, printed) => {
    const { code, error, out } = await run(...args());
    expect(out).toMatch(printed);
    expect(error).toMatch(/"\/dev\/full" could not be written: ENOSPC[^]*Remedy: name another file/);
    expect(code).toBe(2);
  });

  it('keeps no other file from being written', async () => {
    const sarif = join(folder, 'report.sarif');
    const files = ['--junit', '/dev/full', '--sarif', sarif];
    expect((await run('conform', service.url, '--only', 'tls-1-3', ...files)).code).toBe(2);
    expect(await readFile(sarif, 'utf8')).toContain('tls-1-3');
  });
});

async function serve(stateFolder: string) {
  const { createTls, tlsOptionsSchema } = await import('@gatehouse/tls');
  const tls = await createTls(tlsOptionsSchema.parse({}), {
    ...{ service: 'orders', stateFolder, production: false, env: { PATH: '' } },
  });
  const server = createServer(tls.serverOptions(), (_request, answer) => void answer.end());
  const detach = tls.attach(server);
  await tls.refresh();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    detach();
    await tls.close();
    server.closeAllConnections();
    server.close();
  };
  return { url: `https://${host}`, host, close };
}
