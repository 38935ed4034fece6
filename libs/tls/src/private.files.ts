// Files that only their owner may read, replaced as a whole: a crash or a full disk leaves the old file or the new one, never half,
// and a key is at no moment readable by others (ASVS 5.0 V13.3).
import { randomBytes } from 'node:crypto';
import { chmod, link, lstat, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TlsError } from './tls.error.ts';

/** How old a temporary file must be before it is taken for the leftover of a crash, in milliseconds. */
const LEFTOVER_MS = 60_000;

/**
 * Makes a folder that only its owner may enter (0700).
 *
 * @throws TlsError when it cannot be made
 */
export async function privateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await refuseForeign(folder);
    const { mode } = await stat(folder);
    if ((mode & 0o077) !== 0 && process.platform !== 'win32') await chmod(folder, 0o700);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/** Who owns a folder, or a link to it, can put another key in place of ours (CWE-377). */
async function refuseForeign(folder: string): Promise<void> {
  const own = process.getuid?.();
  for (const { uid } of [await lstat(folder), await stat(folder)]) {
    if (own === undefined || uid === own) continue;
    throw new TlsError(
      `${folder} belongs to another user (uid ${uid}): remove it, set GATEHOUSE_STATE to another folder, or start as that user.`,
    );
  }
}

/**
 * Writes a file (0600) in place of whatever was there, durably.
 *
 * @throws TlsError when the folder cannot be written
 */
export async function writePrivate(file: string, text: string): Promise<void> {
  await withTemporary(file, text, (temporary) => rename(temporary, file));
}

/**
 * Writes a file (0600) unless there is one already; of several processes exactly one wins.
 *
 * @returns whether this call made it
 * @throws TlsError when the folder cannot be written
 */
export async function createPrivate(file: string, text: string): Promise<boolean> {
  let made = true;
  await withTemporary(file, text, async (temporary) => {
    await link(temporary, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      made = false;
    });
    await unlink(temporary);
  });
  return made;
}

async function withTemporary(
  file: string,
  text: string,
  place: (temporary: string) => Promise<unknown>,
): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await place(temporary);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw unwritable(file, error);
  }
  await removeLeftovers(file);
}

/** What an interrupted write left behind holds a key, so it does not stay. */
async function removeLeftovers(file: string): Promise<void> {
  const folder = dirname(file);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(`${basename(file)}.`) || !name.endsWith('.tmp')) continue;
    const path = join(folder, name);
    const age = await stat(path).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > LEFTOVER_MS) await unlink(path).catch(() => undefined);
  }
}

function unwritable(path: string, error: unknown): TlsError {
  if (error instanceof TlsError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new TlsError(
    `${path} cannot be written (${code ?? message}): give this user the folder ${dirname(path)}, or set GATEHOUSE_STATE to one that can be written.`,
  );
}
