// One writer at a time: two services that start together make one store, and an edit is never lost. A lock whose owner was killed is
// taken over.
import { readFile, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { createHash, randomBytes } from 'node:crypto';
import { SecretsError } from '../secrets.error.ts';
import { createFile } from './whole.file.ts';

const WAIT_MS = 15_000;

/**
 * Does `work` while holding the lock `file`.
 * @throws SecretsError `laptop-busy` when a living process holds it for 15 s
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const owner = ownerOf();
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

/**
 * Removes the lock of a dead owner, and never another: of many that saw the same one, only who has the right to remove just that one looks
 * again and does. The lock of a live owner is not touched, not even for a moment, in which a third would get in beside it.
 */
export async function takeAway(file: string, holder: string): Promise<void> {
  const right = `${file}.${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`;
  if (!(await createFile(right, ownerOf()))) {
    const other = await readFile(right, 'utf8').catch(() => undefined);
    if (other !== undefined && isDead(other)) await unlink(right).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 10));
    return;
  }
  try {
    if ((await readFile(file, 'utf8').catch(() => undefined)) === holder) await unlink(file).catch(() => undefined);
  } finally {
    await unlink(right).catch(() => undefined);
  }
}

const ownerOf = () => `${hostname()} ${process.pid} ${randomBytes(8).toString('hex')}`;

function busy(file: string, holder: string): SecretsError {
  const [host, pid] = holder.split(' ');
  return new SecretsError('laptop-busy', `process ${pid} on ${host} holds ${file}`, 'Wait for it, or end it.');
}
