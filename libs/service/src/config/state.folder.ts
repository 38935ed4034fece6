// Whether the state folder can be one, seen before anything is kept there: below /proc, Node's recursive mkdir never returns, and elsewhere
// each lib would fail in words of its own.
import { access, constants, mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigurationError } from './configuration.error.ts';

/** What a container with a read-only disk answers: who keeps nothing needs no folder. */
const READ_ONLY = ['EACCES', 'EPERM', 'EROFS'];

/**
 * Leaves nothing behind.
 *
 * @param production a folder that this user cannot write is no reason to stop then: what needs it says so
 * @throws ConfigurationError with path and remedy
 */
export async function checkStateFolder(folder: string, production: boolean): Promise<void> {
  try {
    await tryFolder(resolve(folder));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (production && READ_ONLY.includes(code)) return;
    const why = WHY[code] ?? `cannot be used (${(error as Error).message})`;
    throw new ConfigurationError(
      `the state folder ${folder} ${why}.\n  Set GATEHOUSE_STATE to a folder that this user can make and write to.`,
    );
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be made: what is above it takes no folders (ENOENT)',
  ENOTDIR: 'cannot be made: it, or something above it, is a file (ENOTDIR)',
  ENAMETOOLONG: 'cannot be made: its path is too long (ENAMETOOLONG)',
  ELOOP: 'cannot be reached: a link leads to itself (ELOOP)',
  EACCES: 'may not be written to by this user (EACCES)',
  EPERM: 'cannot be made there by anybody (EPERM)',
  EROFS: 'is on a read-only disk (EROFS)',
  ENOSPC: 'is on a disk that is full (ENOSPC)',
};

/** Without `recursive`, each step upwards is one that ends. */
async function tryFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found && !found.isDirectory()) throw Object.assign(new Error('a file'), { code: 'ENOTDIR' });
  if (found) return access(folder, constants.W_OK | constants.X_OK);
  const parent = dirname(folder);
  if (await exists(parent)) {
    await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error; // another start was faster
    });
    return void (await rmdir(folder).catch(() => undefined)); // or has put something into it
  }
  return tryFolder(parent);
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
