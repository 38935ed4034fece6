// `| head`: nobody reads the rest. That was a stack trace and exit code 1 of a work that was whole.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from './workspace.ts';

/** Runs a line of the shell in which "$@" is the command, and gives what was said on standard error. */
function shell(line: string, command: string): string {
  const program = join(workspaceRoot, 'tools/cli/bin/gatehouse.mjs');
  const argv = ['-c', line, 'sh', process.execPath, program, ...command.split(' ')];
  return spawnSync('sh', argv, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } }).stderr;
}

const DRY = 'new lib closed-output --yes --dry-run';

describe('a command whose output nobody reads', () => {
  it.each([
    [DRY, 0],
    ['new lib ../x --yes --json', 2],
    ['--help', 0],
    ['start none-such', 2],
  ])('ends as it would: %s', (command, code) => {
    const ended = `ended with ${code}\n`;
    expect(shell('("$@"; echo "ended with $?" >&2) | true', command).endsWith(ended)).toBe(true);
    expect(shell('("$@"; echo "ended with $?" >&3) 3>&2 2>&1 | true', command)).toBe(ended);
  });

  it('says nothing of it', () => expect(shell('"$@" | true', DRY)).toBe(''));

  it('says so when what it answers cannot be written for another reason', () => {
    if (process.platform !== 'linux') return console.log('skipped: only Linux has /dev/full');
    expect(shell('"$@" >/dev/full || echo failed >&2', DRY)).toMatch(/ENOSPC[^]*failed\n$/);
  });
});
