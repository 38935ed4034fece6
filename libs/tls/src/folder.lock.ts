// One process at a time: services that start together make one CA, and replicas that share a folder order one certificate. A lock
// whose owner died is taken over; one that is held says by whom.
import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { TlsError } from './tls.error.ts';

/** Another process has the lock. */
export class LockHeldError extends TlsError {}

/** See {@link withLock}. */
export interface LockOptions {
  /** How long to wait for another owner, in milliseconds. 0: do not wait. */
  readonly waitMs?: number;
  /** After this long without a sign of life the owner counts as dead, in milliseconds. */
  readonly staleMs?: number;
}

/**
 * Does work while holding the lock `file`; its folder has to exist.
 *
 * @throws LockHeldError when another process still holds it after `waitMs`, naming that process
 */
export async function withLock<T>(file: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { waitMs = 15_000, staleMs = 30_000 } = options;
  const owner = ownerOf();
  await acquire(file, owner, waitMs, staleMs);
  const alive = setInterval(() => void touch(file), staleMs / 3).unref();
  try {
    return await work();
  } finally {
    clearInterval(alive);
    if ((await readFile(file, 'utf8').catch(() => '')) === owner) await unlink(file).catch(() => undefined);
  }
}

async function acquire(file: string, owner: string, waitMs: number, staleMs: number): Promise<void> {
  const until = performance.now() + waitMs;
  for (;;) {
    if (await take(file, owner)) return;
    const holder = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new TlsError(`${file} cannot be read (${error.code}): remove it when no process holds it any more.`);
    });
    if (holder === undefined) continue;
    if ((await abandoned(file, holder, staleMs)) && (await takeAway(file, holder, staleMs))) continue;
    if (performance.now() >= until) throw held(file, holder);
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 40));
  }
}

/** A link appears with its content or not at all, on every file system that has links; an exclusive open would be empty at first. */
async function take(file: string, owner: string): Promise<boolean> {
  const mine = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(mine, owner, { mode: 0o600, flag: 'wx' });
    await link(mine, file);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new TlsError(`${file} cannot be made (${code ?? message}): give this user its folder.`);
  } finally {
    await unlink(mine).catch(() => undefined);
  }
}

async function abandoned(file: string, holder: string, staleMs: number): Promise<boolean> {
  const [host, pid] = holder.split(' ');
  if (host === hostname() && Number(pid) > 0 && !isAlive(Number(pid))) return true;
  const seen = await stat(file).catch(() => undefined);
  return seen !== undefined && Date.now() - seen.mtimeMs > staleMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Removes the lock of a dead owner, and never another: of many that saw the same one, only who has the right to remove just that one looks
 * again and does. The lock of a live owner is not touched, not even for a moment, in which a third would get in beside it.
 * @returns false when somebody else is about it
 */
export async function takeAway(file: string, holder: string, staleMs: number): Promise<boolean> {
  const right = `${file}.${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`;
  if (!(await take(right, ownerOf()))) {
    const other = await readFile(right, 'utf8').catch(() => undefined);
    if (other !== undefined && (await abandoned(right, other, staleMs))) await unlink(right).catch(() => undefined);
    return false;
  }
  try {
    if ((await readFile(file, 'utf8').catch(() => undefined)) === holder) await unlink(file).catch(() => undefined);
    return true;
  } finally {
    await unlink(right).catch(() => undefined);
  }
}

const ownerOf = () => `${hostname()} ${process.pid} ${randomBytes(9).toString('base64url')}\n`;

const touch = (file: string) => utimes(file, new Date(), new Date()).catch(() => undefined);

const held = (file: string, holder: string) =>
  new LockHeldError(
    `process ${holder.split(' ')[1] ?? '?'} on ${holder.split(' ')[0] ?? '?'} holds ${file}: wait for it, or end it.`,
  );
