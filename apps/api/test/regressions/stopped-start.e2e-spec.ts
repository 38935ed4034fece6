// SIGTERM while the service starts left its database running alone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../start.ts';

const embedded = process.env.GATEHOUSE_DATABASE_URL === undefined;

(embedded ? describe : describe.skip)('a signal during the start (skipped with GATEHOUSE_DATABASE_URL)', () => {
  let stateFolder: string;
  beforeEach(async () => void (stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-start-'))));
  afterEach(() => rm(stateFolder, { recursive: true, force: true }));

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'leaves no database behind: %s',
    async (signal) => {
      const [program = '', ...args] = command.argv;
      const ports = { GATEHOUSE_HTTPS_PORT: '0', GATEHOUSE_HTTP_PORT: '0', GATEHOUSE_MANAGEMENT_PORT: '0' };
      const child = spawn(program, args, {
        cwd: command.cwd,
        env: { ...process.env, ...ports, GATEHOUSE_STATE: stateFolder, GATEHOUSE_LOG_LEVEL: 'silent' },
        stdio: 'ignore',
      });
      const file = join(stateFolder, 'api/postgres/data/postmaster.pid');
      const written = () => (existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0); // 0 while it is empty
      while (written() === 0 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
      const server = written();
      child.kill(signal);
      await once(child, 'exit');
      while (isAlive(server)) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(existsSync(file)).toBe(false);
    },
    60_000,
  );
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
