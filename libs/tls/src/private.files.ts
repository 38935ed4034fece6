// Files and folders of keys: nobody else reads them, and nobody else owns the folder.
import { lstat, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { privateFolder as makePrivate, replaceFile } from '@gatehouse/files';
import { TlsError } from './tls.error.ts';

/**
 * Makes a folder that only its owner may enter (0700).
 *
 * @throws TlsError when it cannot be made
 */
export async function privateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await refuseForeign(folder);
    await makePrivate(folder);
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
  await replaceFile(file, text).catch((error: unknown) => {
    throw unwritable(file, error);
  });
}

function unwritable(path: string, error: unknown): TlsError {
  if (error instanceof TlsError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new TlsError(
    `${path} cannot be written (${code ?? message}): give this user the folder ${dirname(path)}, or set GATEHOUSE_STATE to one that can be written.`,
  );
}
