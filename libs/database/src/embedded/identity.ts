// PostgreSQL refuses to run as root. Then it runs as the owner of an existing data folder, else as `nobody`, who has no rights
// of its own; the folder and the socket are that user's alone.
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseError } from '../database.error.ts';

/** The user that the server runs as, where that is not the user of this process. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** Undefined for an unprivileged user: the server runs as that user. */
export function serverIdentity(folder: string): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const nobody = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (nobody) return { uid: Number(nobody[1]), gid: Number(nobody[2]) };
  throw new DatabaseError(
    'PostgreSQL does not run as root, and this machine has no user "nobody" to run it as',
    'Start as another user, or set GATEHOUSE_DATABASE_URL.',
  );
}

const OTHERS_ENTER = 0o001;

/** Whether anybody may pass through every folder above `path` (and `path` itself). Root's home, for one, is closed. */
export function openToOthers(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & OTHERS_ENTER) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
