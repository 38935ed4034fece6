// One writer at a time: two services that start together make one store, and an edit is never lost. A lock whose owner was killed is
// taken over.
import { readFile, rename, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { randomBytes } from 'node:crypto';
import { SecretsError } from '../secrets.error.ts';
import { createFile } from './whole.file.ts';

const WAIT_MS = 15_000;

/**
 * Does `work` while holding the lock `file`.
 * @throws SecretsError `laptop-busy` when a living process holds it for 15 s
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const owner = `${hostname()} ${process.pid} ${randomBytes(8).toString('hex')}`;
  const until = performance.now() + WAIT_MS;
  while (!(await createFile(file, owner))) {
    const holder = await readFile(file, 'utf8').catch(() => undefined);
    if (holder !== undefined && isDead(holder)) await takeAway(file, holder);
    else if (performance.now() > until) throw busy(file, holder ?? '? ?');
    else await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 30));
  }
  try {
    return await work();
  } finally {
    if ((await readFile(file, 'utf8').catch(() => '')) === owner) await unlink(file).catch(() => undefined);
  }
}

function isDead(holder: string): boolean {
  const [host, pid] = holder.split(' ');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Two may see the same dead owner: what was moved away is looked at again, and a living owner gets its lock back. */
async function takeAway(file: string, holder: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  if (
    !(await rename(file, aside).then(
      () => true,
      () => false,
    ))
  )
    return;
  const moved = await readFile(aside, 'utf8').catch(() => holder);
  if (moved !== holder) await createFile(file, moved).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

function busy(file: string, holder: string): SecretsError {
  const [host, pid] = holder.split(' ');
  return new SecretsError('laptop-busy', `process ${pid} on ${host} holds ${file}`, 'Wait for it, or end it.');
}
