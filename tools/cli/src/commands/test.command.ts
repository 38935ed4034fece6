// `npm test`: every project's tests through Nx (cached, affected-aware), one line a project while it goes, and the totals last.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { TestSummary } from '../test.summary.ts';
import { workspaceRoot } from '../workspace.ts';

/** Adds the command. */
export function registerTest(program: Command): void {
  program
    .command('test')
    .description('Run every test; what follows -- goes to nx run-many (such as -- -p @gatehouse/api)')
    .option('--no-cache', 'run also what has not changed')
    .argument('[nx...]', 'arguments for nx run-many')
    .allowUnknownOption()
    .action(async (rest: string[], options: { cache: boolean }) => {
      process.exitCode = await runTests([...rest, ...(options.cache ? [] : ['--skipNxCache'])]);
    });
}

function runTests(extra: string[]): Promise<number> {
  const summary = new TestSummary((line) => process.stdout.write(`${line}\n`));
  const nx = join(workspaceRoot, 'node_modules/nx/dist/bin/nx.js');
  const args = [nx, 'run-many', '-t', 'test', '--outputStyle=static', '--parallel=2', ...extra];
  const child = spawn(process.execPath, args, {
    cwd: workspaceRoot,
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let rest = '';
  const take = (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) summary.line(line);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      summary.line(rest);
      resolve(summary.end(code ?? 1));
    });
  });
}
