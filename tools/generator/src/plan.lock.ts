// One command at a time writes to a workspace, and takes back what a dead one left: whoever is in here knows that nobody else is.
import { mkdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LockError, withLock } from '@gatehouse/files';
import { explained } from './disk.error.ts';
import { RefusalError } from './refusal.error.ts';

const LOCK = '.gatehouse/generator.lock';
const WAIT_MS = 5_000;

/**
 * Waits while another command writes, then does `work`, which is synchronous: no signal handler runs between its first write and its last.
 * @throws RefusalError when another command does not end, or the folder cannot be written to; and what `work` throws
 */
export async function alone<T>(root: string, work: () => T): Promise<T> {
  const [folder, file] = [join(root, dirname(LOCK)), join(root, LOCK)];
  for (const until = performance.now() + WAIT_MS; ;) {
    try {
      makeFolder(folder);
      return await withLock(file, async () => work(), { waitMs: until - performance.now() });
    } catch (error) {
      if (!lostItsFolder(error) || performance.now() > until + WAIT_MS) throw inWords(root, error);
    } finally {
      removeIfEmpty(folder);
    }
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** The command that we waited for took the folder away when it ended, which may be late. */
function lostItsFolder(error: unknown): boolean {
  return error instanceof LockError && error.cause?.code === 'ENOENT';
}

function inWords(root: string, error: unknown): Error {
  if (!(error instanceof LockError)) return explained(root, error as NodeJS.ErrnoException);
  const { problem, holder, cause } = error;
  if (problem === 'unwritable') return explained(root, cause as NodeJS.ErrnoException);
  return holder
    ? new RefusalError(
        `another gatehouse command (${holder.name}) is writing to this workspace`,
        `Wait for it and try again; if there is no such command, delete ${LOCK}.`,
      )
    : new RefusalError(`${LOCK} cannot be read (${cause?.code})`, 'Delete it when no gatehouse command runs.');
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // a service keeps its state there, or another command has the lock
  }
}
