import { jest } from '@jest/globals';
import { Command } from 'commander';
import { registerConform } from './commands/conform.command.ts';
import { registerTlsAudit } from './commands/tls-audit.command.ts';

async function run(...args: string[]): Promise<{ code: unknown; error: string }> {
  const program = new Command('gatehouse');
  registerConform(program);
  registerTlsAudit(program);
  let error = '';
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    error += String(text);
    return true;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return { code: process.exitCode, error };
  } finally {
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
