// Files that only their owner may read, replaced as a whole: kill -9 or a full disk leaves the old file or the new one, never half.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a folder (0700) where there is none; one that exists is somebody's and keeps its mode: the files are private themselves. */
export async function privateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Writes `file` (0600), durably, in place of what was there. */
export async function replaceFile(file: string, content: Uint8Array | string): Promise<void> {
  await viaTemporary(file, content, (temporary) => rename(temporary, file));
}

/** Writes `file` (0600) unless there is one; of several processes exactly one does. */
export async function createFile(file: string, content: Uint8Array | string): Promise<boolean> {
  let made = true;
  await viaTemporary(file, content, async (temporary) => {
    made = await link(temporary, file).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    await unlink(temporary);
  });
  return made;
}

async function viaTemporary(
  file: string,
  content: Uint8Array | string,
  place: (temporary: string) => Promise<unknown>,
): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await place(temporary);
    await syncFolder(dirname(file));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** The rename itself has to reach the disk; Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
