// One writer a folder: two would make two records of the same number.
import { join } from 'node:path';
import { type FileLock, lockFile, type LockError } from '@gatehouse/files';
import { AuditError } from '../audit.error.ts';

/** @throws AuditError `journal-busy` when a living process writes there, or that cannot be said */
export function lockJournal(folder: string): Promise<FileLock> {
  return lockFile(join(folder, 'lock'), { waitMs: 0 }).catch(({ file, holder, problem, cause }: LockError) => {
    if (problem === 'unwritable') throw cause;
    const [what, remedy] = holder
      ? [`${holder.name} writes ${folder}`, 'End it, or give this one a folder of its own (audit.folder).']
      : [`the lock ${file} cannot be read (${cause?.code})`, 'Remove it when no process writes there any more.'];
    throw new AuditError('journal-busy', what, remedy, cause);
  });
}
