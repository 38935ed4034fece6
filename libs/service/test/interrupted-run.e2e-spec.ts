// Ctrl-C in the middle of a test run: the database of a service under test ends with it, and its folder goes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './fixtures/until.ts';

const FIXTURE = fileURLToPath(new URL('./fixtures/interrupted.run.ts', import.meta.url));
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no database and no folder after %s', async (signal) => {
  const folder = await mkdtemp(join(tmpdir(), 'interrupted-'));
  const config = ['--config', path('../../../jest.preset.mjs'), '--rootDir', dirname(FIXTURE)];
  const argv = [path('../../../node_modules/jest/bin/jest.js'), ...config, '--runInBand', '--testMatch', FIXTURE];
  const env = { ...process.env, TMPDIR: folder };
  const run = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    await once(run.stdout, 'data');
    const places = (await readdir(folder)).filter((name) => name.startsWith('gatehouse-') && !name.endsWith('.key'));
    const [state = ''] = places;
    const [pid] = (await readFile(join(folder, state, 'sample/postgres/data/postmaster.pid'), 'utf8')).split('\n');
    run.kill(signal);
    await once(run, 'exit');
    await until(() => !isAlive(Number(pid)));
    expect((await readdir(folder)).filter((name) => name.startsWith(state))).toEqual([]);
  } finally {
    run.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});

/** The dead that nobody reaps (a container without an init) have a process id still, and no command line. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && (process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`).length > 0);
  } catch {
    return false;
  }
}
