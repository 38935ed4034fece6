// Tests make many data folders: one is made once and copied, which is a quarter of initdb's work and waits for no disk.
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Identity } from './identity.ts';
import { ownFolder } from './places.ts';

/**
 * Makes `target` as a copy of the data folder in `template`, which is made when it is not there.
 *
 * @param make makes a data folder at a path
 * @throws DatabaseError when `template` belongs to another user (CWE-379)
 */
export async function copyCluster(
  template: string,
  bin: string,
  target: string,
  identity: Identity | undefined,
  make: (folder: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(template), { recursive: true });
  await ownFolder(template, identity);
  const made = join(template, createHash('sha256').update(bin).digest('hex').slice(0, 12));
  const there = await access(join(made, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (!there) {
    const fresh = `${made}.${randomUUID()}`;
    await make(fresh);
    await rename(fresh, made).catch(() => rm(fresh, { recursive: true })); // another process was first
  }
  await promisify(execFile)('cp', ['-Rp', made, target], { ...identity }); // by its user, to whom it then belongs
}
