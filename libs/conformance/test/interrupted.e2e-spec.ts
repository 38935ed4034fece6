// Ctrl-C, the time limit of a job, kill -9: whoever runs the suite ends, and with it whatever the suite has started, and its folders.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { programArgv } from './fixtures/start.program.ts';

const PATIENCE_MS = 20_000;

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('ends what it started after %s', async (signal) => {
  const folder = await mkdtemp(join(tmpdir(), 'interrupted-'));
  const env = { ...process.env, TMPDIR: folder };
  const [program, ...args] = programArgv('interrupted.program.ts');
  const suite = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [port] = (await once(suite.stdout, 'data')) as [Buffer];
    expect(await answers(Number(port))).toBe(true);
    expect(await readdir(folder)).toHaveLength(2);
    suite.kill(signal);
    await once(suite, 'exit');
    expect(await until(async () => !(await answers(Number(port))))).toBe(true);
    expect(await until(async () => (await readdir(folder)).length === 0)).toBe(true);
  } finally {
    suite.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});

async function until(done: () => Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end && !(await done()); await delay(100));
  return done();
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
