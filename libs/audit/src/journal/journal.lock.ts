// One writer a folder: two would make two records of the same number. The lock of a process that was killed is taken over; that of
// another machine, or of another container, when it has shown no sign of life while it was watched: their clocks are not asked.
import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { link, readFile, realpath, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AuditError } from '../audit.error.ts';

const TOUCH_MS = 2_000;
const STALE_MS = 15_000;
/** So long without a sign is enough where the last one is older than {@link STALE_MS} already. */
const WATCH_MS = 5_000;

/** Folders that this process holds: its own number in a lock that it does not hold is one of a former life (a container's process 1). */
const held = new Set<string>();

/** A folder that is ours. */
export interface JournalLock {
  /** Whether it still is: a lock that was removed is made again, and one that somebody else has made is his. */
  isOurs(): Promise<boolean>;
  /** Gives it back. */
  release(): Promise<void>;
}

/** @throws AuditError `journal-busy` when a living process writes there */
export async function lockJournal(folder: string): Promise<JournalLock> {
  const place = await realpath(folder);
  const file = join(place, 'lock');
  if (held.has(place)) throw busy(folder, 'this process');
  held.add(place);
  const owner = ownerOf();
  try {
    await acquire(file, owner, folder);
  } catch (error) {
    held.delete(place);
    throw error;
  }
  const isOurs = async () => {
    const holder = await read(file);
    return holder === owner || (holder === undefined && (await take(file, owner).catch(() => false)));
  };
  const sign = async () => {
    if ((await read(file)) === owner) await utimes(file, new Date(), new Date());
  };
  const touch = setInterval(() => void sign().catch(() => undefined), TOUCH_MS).unref();
  const release = async () => {
    clearInterval(touch);
    if ((await read(file)) === owner) await unlink(file).catch(() => undefined);
    held.delete(place);
  };
  return { isOurs, release };
}

async function acquire(file: string, owner: string, folder: string): Promise<void> {
  let watched: { holder: string; touched: number; since: number } | undefined;
  while (!(await take(file, owner))) {
    const holder = await readHolder(file);
    const touched = (await stat(file).catch(() => undefined))?.mtimeMs;
    if (holder === undefined || touched === undefined) continue;
    if (isNear(holder)) {
      if (livesHere(holder)) throw busy(folder, `process ${holder.split(' ')[0]}`);
      if (await takeAway(file, holder)) continue;
    } else if (watched?.holder !== holder) watched = { holder, touched, since: performance.now() };
    else if (watched.touched !== touched) throw busy(folder, farName(holder));
    else if (performance.now() - watched.since > (Date.now() - touched > STALE_MS ? WATCH_MS : STALE_MS))
      await takeAway(file, holder);
    await new Promise((resolve) => setTimeout(resolve, watched ? 200 : 10));
  }
}

/** @throws AuditError for a lock that says nothing to this user: to ask it again and again would be a start that hangs */
function readHolder(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    const remedy = 'Remove it when no process writes there any more.';
    throw new AuditError('journal-busy', `the lock ${file} cannot be read (${error.code})`, remedy, error);
  });
}

/** What file systems say that have none. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** A link appears with its content or not at all; an exclusive open would be empty at first. */
async function take(file: string, owner: string): Promise<boolean> {
  const mine = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(mine, owner, { mode: 0o600, flag: 'wx' });
    await link(mine, file).catch((error: NodeJS.ErrnoException) => {
      if (!NO_LINKS.has(error.code ?? '')) throw error;
      return writeFile(file, owner, { mode: 0o600, flag: 'wx' });
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(mine).catch(() => undefined);
  }
}

/**
 * Removes the lock of a dead owner, and never another: of many that saw the same one, only who has the right to remove just that one
 * looks again and does. The lock of a live owner is not touched, not even for a moment, in which a third would get in beside it.
 *
 * @returns false when somebody else is about it
 */
export async function takeAway(file: string, holder: string): Promise<boolean> {
  const right = `${file}.${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`;
  if (!(await take(right, ownerOf()))) {
    const other = await read(right);
    const age = Date.now() - ((await stat(right).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (other !== undefined && (isNear(other) ? !livesHere(other) : age > STALE_MS))
      await unlink(right).catch(() => undefined);
    return false;
  }
  try {
    if ((await read(file)) === holder) await unlink(file).catch(() => undefined);
    return true;
  } finally {
    await unlink(right).catch(() => undefined);
  }
}

const read = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);

/** Process numbers mean something within one namespace of them: containers may share name and number. */
const namespace = (() => {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '-';
  }
})();

const ownerOf = () => `${process.pid} ${hostname()} ${namespace} ${randomBytes(9).toString('base64url')}\n`;

const isNear = (holder: string): boolean => {
  const [, host, space = namespace] = holder.trim().split(' ');
  return host === hostname() && space === namespace;
};

function livesHere(holder: string): boolean {
  const pid = Number(holder.split(' ')[0]);
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const farName = (holder: string): string => `process ${holder.split(' ')[0]} on ${holder.trim().split(' ')[1]}`;

const busy = (folder: string, who: string): AuditError =>
  new AuditError(
    'journal-busy',
    `${who} writes ${folder}`,
    'End it, or give this one a folder of its own (audit.folder).',
  );
