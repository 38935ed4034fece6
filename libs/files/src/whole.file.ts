// Files that only their owner may read (0600), and that are there as a whole or not at all: a crash or a full disk leaves the old one or
// the new one, never half, and a key is at no moment readable by others (ASVS 5.0 V13.3).
import { randomBytes } from 'node:crypto';
import { chmod, constants, copyFile, link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** How old a temporary file must be before it is taken for the leftover of a crash, in milliseconds. */
const LEFTOVER_MS = 60_000;

/** Makes a folder that only its owner may enter (0700), or makes one so that is there. */
export async function privateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (process.platform !== 'win32' && ((await stat(folder)).mode & 0o077) !== 0) await chmod(folder, 0o700);
}

/** Writes a file (0600), durably, in place of whatever was there. */
export async function replaceFile(file: string, content: Uint8Array | string): Promise<void> {
  await place(file, content, true, (temporary) => rename(temporary, file));
  await removeLeftovers(file);
}

/**
 * Writes a file (0600), durably, unless there is one already; of several processes exactly one does.
 *
 * @returns whether this call made it
 */
export async function createFile(file: string, content: Uint8Array | string): Promise<boolean> {
  const made = await place(file, content, true, (temporary) => appear(temporary, file));
  await removeLeftovers(file);
  return made;
}

/** {@link createFile} for what need not outlive a power cut. */
export const createLock = (file: string, content: string): Promise<boolean> =>
  place(file, content, false, (temporary) => appear(temporary, file));

async function place<T>(
  file: string,
  content: Uint8Array | string,
  durable: boolean,
  put: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    const done = await put(temporary);
    if (durable) await syncFolder(dirname(file));
    return done;
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

/** What file systems say that have no hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** A link appears with its content or not at all; an exclusive copy, where there are no links, is empty for a moment. */
async function appear(temporary: string, file: string): Promise<boolean> {
  try {
    await link(temporary, file).catch((error: NodeJS.ErrnoException) => {
      if (!NO_LINKS.has(error.code ?? '')) throw error;
      return copyFile(temporary, file, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A new name has to reach the disk too; Windows has no such call. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

/** What a write left behind that was killed may hold a key, so it does not stay. */
export async function removeLeftovers(file: string, kind = /^\.[0-9a-f]{12}\.tmp$/): Promise<void> {
  const [folder, name] = [dirname(file), basename(file)];
  for (const found of await readdir(folder).catch(() => [])) {
    if (!found.startsWith(name) || !kind.test(found.slice(name.length))) continue;
    const path = join(folder, found);
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Infinity);
    if (age > LEFTOVER_MS) await unlink(path).catch(() => undefined);
  }
}
