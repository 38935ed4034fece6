// Makes the data folder, all or nothing, and starts the server on it in a process group of its own, so that Ctrl-C in the
// terminal reaches the service first, which drains and then stops its database.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { access, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DatabaseError } from '../database.error.ts';
import type { Identity } from './identity.ts';
import { diskFull, explainFolder, type Places } from './places.ts';
import { copyCluster } from './template.cluster.ts';

/** The role that may do everything; only this lib uses it. */
export const SUPERUSER = 'postgres';

const LOG_BYTES_KEPT = 5_000_000;

const AUTHENTICATION = ['-U', SUPERUSER, '--auth-local=trust', '--auth-host=reject'];
const TEXT = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
const INITDB = [...AUTHENTICATION, ...TEXT];

/**
 * Runs initdb unless the data folder is there.
 *
 * @param template folder of data folders to copy instead; for tests
 * @throws DatabaseError when the disk is full, or the folder is of another major version
 */
export async function ensureCluster(
  bin: string,
  places: Places,
  identity: Identity | undefined,
  template?: string,
): Promise<void> {
  const { data, folder } = places;
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) return refuseOtherMajor(bin, version.trim(), data);
  if (
    await access(data).then(
      () => true,
      () => false,
    )
  )
    throw new DatabaseError(`${data} is no data folder`, `Remove ${folder} to begin afresh.`);
  const fresh = `${data}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  const options = { cwd: folder, env: environment(), ...identity };
  const initdb = (target: string, ...more: string[]) =>
    promisify(execFile)(join(bin, 'initdb'), ['-D', target, ...INITDB, ...more], options);
  try {
    if (template)
      await copyCluster(template, bin, fresh, identity, async (target) => void (await initdb(target, '--no-sync')));
    else await initdb(fresh);
    await rename(fresh, data);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    const { code, stderr = '' } = error as { code?: string; stderr?: string };
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return; // another process was first: one of the two will get the lock
    if (stderr.includes('No space left on device')) throw diskFull(folder, error);
    throw stderr
      ? new DatabaseError(`initdb failed: ${lastLines(stderr)}`, otherwise(places), { cause: error })
      : explainFolder(folder, error as never);
  }
}

async function refuseOtherMajor(bin: string, version: string, data: string): Promise<void> {
  const { stdout } = await promisify(execFile)(join(bin, 'postgres'), ['--version']);
  const major = /(\d+)/.exec(stdout)?.[1];
  if (version === major) return;
  throw new DatabaseError(
    `${data} was made by PostgreSQL ${version}, and this is ${major}`,
    'Move it away (or delete it) to begin afresh.',
  );
}

/** Starts the server; it is up when postmaster.pid says so. */
export async function spawnServer(bin: string, places: Places, identity: Identity | undefined): Promise<ChildProcess> {
  const log = await openLog(places);
  const settings = {
    listen_addresses: '',
    unix_socket_directories: places.socketFolder,
    unix_socket_permissions: '0700',
    max_connections: '50',
    shared_buffers: '32MB',
    max_wal_size: '256MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_error_verbosity: 'terse', // DETAIL holds values of rows
    log_min_error_statement: 'panic', // so does the statement
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  try {
    const stdio: ['ignore', number, number] = ['ignore', log.fd, log.fd];
    const options = { cwd: places.folder, env: environment(), stdio, detached: true, ...identity };
    const child = spawn(join(bin, 'postgres'), ['-D', places.data, ...args], options);
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

async function openLog({ logFile, folder }: Places) {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_BYTES_KEPT) await rename(logFile, `${logFile}.1`);
  return open(logFile, 'a', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw explainFolder(folder, error);
  });
}

/** Nothing of the service's environment: it may hold settings of PostgreSQL (PG…), and it is none of the server's business. */
const environment = () => ({ PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' });

/** Why the server ended, from the part of its log after `offset` bytes. */
export async function reasonToEnd(places: Places, offset: number): Promise<DatabaseError | 'lock' | 'memory'> {
  const text = (await readFile(places.logFile)).subarray(offset).toString();
  if (/lock file "(postmaster\.pid|.*\.lock)" already exists/.test(text)) return 'lock';
  if (text.includes('pre-existing shared memory block')) return 'memory';
  if (text.includes('No space left on device')) return diskFull(places.folder);
  return new DatabaseError(`the embedded database did not start: ${lastLines(text)}`, otherwise(places));
}

const lastLines = (text: string) => text.trim().split('\n').slice(-3).join(' | ');

const otherwise = ({ logFile, folder }: Places) =>
  `See ${logFile}; remove ${folder} to begin afresh, or set GATEHOUSE_DATABASE_URL to use a server of yours.`;
