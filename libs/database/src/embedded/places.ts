// Where the embedded server keeps what: data, log and socket in one folder that only its user enters.
import { createHash, randomUUID } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { DatabaseError } from '../database.error.ts';
import { type Identity, openToOthers } from './identity.ts';

/** Absolute paths. */
export interface Places {
  readonly folder: string;
  readonly data: string;
  readonly socketFolder: string;
  readonly logFile: string;
}

/** sockaddr_un holds 108 bytes with the final zero on Linux, 104 on macOS and the BSDs. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;
const SOCKET_NAME = '.s.PGSQL.5432';

/**
 * Makes the folders.
 *
 * @throws DatabaseError when they cannot be made or belong to another user
 */
export async function makePlaces(
  stateFolder: string,
  service: string,
  identity: Identity | undefined,
): Promise<Places> {
  const home = join(resolve(stateFolder), service, 'postgres');
  try {
    await mkdir(dirname(home), { recursive: true });
    const folder = identity ? await folderForOther(home, identity, stateFolder) : home;
    await ownFolder(folder, identity);
    const socketFolder = socketFolderFor(folder);
    await ownFolder(socketFolder, identity);
    return { folder, data: join(folder, 'data'), socketFolder, logFile: join(folder, 'server.log') };
  } catch (error) {
    throw error instanceof DatabaseError ? error : explainFolder(home, error as NodeJS.ErrnoException);
  }
}

/** The folder itself where its user can reach it; else, behind a link, one below /var/lib (a clone in root's home). */
async function folderForOther(home: string, identity: Identity, stateFolder: string): Promise<string> {
  for (const folder of [resolve(stateFolder), dirname(home)]) {
    const { mode, uid } = await stat(folder);
    if (uid === 0 && (mode & 0o001) === 0) await chmod(folder, (mode & 0o777) | 0o001); // enter, not list
  }
  if (openToOthers(dirname(home))) return home;
  const name = createHash('sha256').update(home).digest('hex').slice(0, 12);
  const outside = `/var/lib/gatehouse/data-${name}`;
  await mkdir(dirname(outside), { recursive: true, mode: 0o755 });
  const linked = await readlink(home).catch(() => undefined);
  if (linked === outside) return outside;
  if (linked === undefined) await refuseData(home, identity);
  // The state folder was deleted in order to begin afresh: so does what it linked to.
  await rm(outside, { recursive: true, force: true });
  await mkdir(outside, { mode: 0o700 });
  await chown(outside, identity.uid, identity.gid);
  await rm(home, { recursive: true, force: true });
  await symlink(outside, home);
  return outside;
}

/** A folder above was closed after the data had been made here: that is no reason to delete them. */
async function refuseData(home: string, { uid }: Identity): Promise<void> {
  const found = await lstat(join(home, 'data', 'PG_VERSION')).catch(() => undefined);
  if (!found) return;
  throw new DatabaseError(
    `${home} holds data, and its server (uid ${uid}) may no longer enter a folder above it`,
    'Let others pass through that folder (chmod o+x), or move the data away to begin afresh.',
  );
}

/** Depends on the folder alone, so that a restarted server is found where the pool looks for it. */
export function socketFolderFor(folder: string): string {
  const inside = join(folder, 'run');
  if (Buffer.byteLength(join(inside, SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES) return inside;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return join(tmpdir(), `gatehouse-${name}`);
}

/** Makes a folder 0700 of the server's user; refuses one that is somebody else's or a link (CWE-377). */
export async function ownFolder(folder: string, identity: Identity | undefined): Promise<void> {
  if (!(await lstat(folder).catch(() => undefined))) await makeFolder(folder, identity);
  const found = await lstat(folder);
  const owner = identity?.uid ?? process.getuid?.();
  if (found.isDirectory() && found.uid === owner) return chmod(folder, 0o700);
  throw new DatabaseError(
    `${folder} belongs to another user (uid ${found.uid})`,
    'Remove that folder, set GATEHOUSE_STATE to another one, or start as that user.',
  );
}

/** It appears with its owner: another start may look at it at any moment. */
async function makeFolder(folder: string, identity: Identity | undefined): Promise<void> {
  const fresh = identity ? `${folder}.${randomUUID()}` : folder;
  try {
    await mkdir(fresh, { mode: 0o700 });
    if (!identity) return;
    await chown(fresh, identity.uid, identity.gid);
    await rename(fresh, folder);
  } catch (error) {
    if (identity) await rm(fresh, { recursive: true, force: true });
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** A folder that cannot be written, in words. */
export function explainFolder(folder: string, error: NodeJS.ErrnoException): DatabaseError {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return diskFull(folder, error);
  if (error.code === 'EACCES' || error.code === 'EROFS' || error.code === 'EPERM') {
    return new DatabaseError(
      `the embedded database cannot write to ${folder} (${error.code})`,
      'Give this user the right to write there, or set GATEHOUSE_STATE to a folder where it may.',
      { cause: error },
    );
  }
  return new DatabaseError(`${folder} cannot be used: ${error.message}`, 'Set GATEHOUSE_STATE to another folder.', {
    cause: error,
  });
}

/** Whether PostgreSQL said so (SQLSTATE 53100), itself or as the cause of what failed. */
export const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && ((error as { code?: unknown }).code === '53100' || isDiskFull(error.cause));

/** No room for the embedded database. */
export const diskFull = (folder: string, cause?: unknown): DatabaseError =>
  new DatabaseError(
    `the disk of ${folder} is full`,
    'Free about 100 MB, or set GATEHOUSE_STATE to a folder on another disk.',
    { cause },
  );
