// One process at a time, between processes, containers and machines. The lock of a process that was killed is taken over; that of another
// machine, or of another container, when it has shown no sign of life while it was watched: their clocks are not asked.
import { createHash } from 'node:crypto';
import { constants, readFile, realpath, stat, unlink, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LockError } from './lock.error.ts';
import { holderOf, isNear, lives, newOwner, ours } from './lock.owner.ts';
import { createLock, removeLeftovers } from './whole.file.ts';

const TOUCH_MS = 2_000;
const STALE_MS = 15_000;
/** So long without a sign is enough where the last one is older than {@link STALE_MS} already. */
const WATCH_MS = 5_000;

/** A lock that this process holds. */
export interface FileLock {
  /** Whether it still does: a lock file that was removed is made again, and one that somebody else has made is his. */
  isOurs(): Promise<boolean>;
  /** Gives it back. */
  release(): Promise<void>;
}

/** See {@link lockFile}. */
export interface LockOptions {
  /** How long to wait for a living owner, in milliseconds; whether one of another machine lives is found out in up to 15 s besides. */
  readonly waitMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/**
 * Does work while holding the lock `file`; its folder has to exist.
 *
 * @throws LockError and what `work` throws
 */
export async function withLock<T>(file: string, work: () => Promise<T>, options?: LockOptions): Promise<T> {
  const lock = await lockFile(file, options);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/**
 * Takes the lock `path`; its folder has to exist.
 *
 * @throws LockError when a living process holds it, or it can be neither read nor made
 */
export async function lockFile(path: string, { waitMs = 15_000, signal }: LockOptions = {}): Promise<FileLock> {
  const owner = newOwner();
  try {
    const file = join(await realpath(dirname(path)), basename(path));
    await acquire(file, owner, performance.now() + waitMs, signal);
    return hold(file, owner);
  } catch (error) {
    ours.delete(owner);
    throw error instanceof LockError
      ? error
      : new LockError('unwritable', path, undefined, error as NodeJS.ErrnoException);
  }
}

function hold(file: string, owner: string): FileLock {
  let given = false;
  const isOurs = async () => {
    const holder = await read(file);
    return holder === owner || (holder === undefined && !given && (await createLock(file, owner).catch(() => false)));
  };
  const sign = async () => {
    if ((await read(file)) === owner) await utimes(file, new Date(), new Date());
  };
  const alive = setInterval(() => void sign().catch(() => undefined), TOUCH_MS).unref();
  const release = async () => {
    given = true;
    clearInterval(alive);
    const away =
      (await read(file)) === owner &&
      (await unlink(file).then(
        () => true,
        () => false,
      ));
    if (away) ours.delete(owner);
    else ours.set(owner, false);
  };
  return { isOurs, release };
}

/** What was seen of locks whose processes cannot be asked for: when they showed the last sign, and since when none. */
type Watched = Map<string, { touched: number; since: number; living?: true }>;

async function acquire(file: string, owner: string, until: number, signal: AbortSignal | undefined): Promise<void> {
  const watched: Watched = new Map();
  for (;;) {
    const holder = await readHolder(file);
    if (holder === undefined) {
      if (await createLock(file, owner)) return;
      continue;
    }
    const state = await judge(file, holder, watched);
    if (state === 'dead' && (await takeAway(file, holder, owner, watched))) continue;
    const late = performance.now() - until;
    if (signal?.aborted || late >= (state === 'living' ? 0 : 2 * STALE_MS))
      throw new LockError('held', file, holderOf(holder));
    await delay(isNear(holder) ? 10 + Math.random() * 30 : 200);
  }
}

/** @throws LockError for a lock that says nothing to this user: to ask it again and again would be a start that hangs */
function readHolder(file: string): Promise<string | undefined> {
  return readLock(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new LockError('unreadable', file, undefined, error);
  });
}

async function judge(file: string, holder: string, watched: Watched): Promise<'living' | 'dead' | 'unknown'> {
  if (isNear(holder)) return lives(holder) ? 'living' : 'dead';
  const touched = (await stat(file).catch(() => undefined))?.mtimeMs;
  if (touched === undefined) return 'unknown';
  const [key, now] = [`${file} ${holder}`, performance.now()];
  const seen = watched.get(key);
  if (seen?.touched !== touched) watched.set(key, { touched, since: now, ...(seen && { living: true }) });
  else if (now - seen.since > (Date.now() - touched > STALE_MS ? WATCH_MS : STALE_MS)) return 'dead';
  return watched.get(key)?.living ? 'living' : 'unknown';
}

/**
 * Removes the lock of a dead owner, and never another: of many that saw the same one, only who has the right to remove just that one
 * looks again and does. The lock of a live owner is not touched, not even for a moment, in which a third would get in beside it. Who died
 * while he had the right is a dead owner like another: the right to remove his right goes to one as well.
 *
 * @returns false when somebody else is about it
 */
export async function takeAway(file: string, holder: string, owner: string, watched: Watched): Promise<boolean> {
  const right = `${file}.${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`;
  if (!(await createLock(right, owner))) {
    const other = await readHolder(right);
    if (other !== undefined && (await judge(right, other, watched)) === 'dead')
      await takeAway(right, other, owner, watched);
    return false;
  }
  try {
    if ((await read(file)) !== holder || (await judge(file, holder, watched)) !== 'dead') return true;
    await unlink(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await removeLeftovers(file, /^(\.[0-9a-f]{16})*\.([0-9a-f]{16}|[0-9a-f]{12}\.tmp)$/);
    return true;
  } finally {
    await unlink(right).catch(() => undefined);
  }
}

/** Neither a link nor a pipe: both would lead elsewhere, or nowhere. */
const FLAG = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const readLock = (file: string): Promise<string> => readFile(file, { encoding: 'utf8', flag: FLAG });

const read = (file: string): Promise<string | undefined> => readLock(file).catch(() => undefined);
