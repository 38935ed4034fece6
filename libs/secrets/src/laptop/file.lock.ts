// One writer at a time: two services that start together make one store, and an edit is never lost.
import { LockError, type LockOptions, withLock as withFileLock } from '@gatehouse/files';
import { SecretsError } from '../secrets.error.ts';

/**
 * Does `work` while holding the lock `file`.
 * @throws SecretsError `laptop-busy` when a living process still holds it after `waitMs` (15 s), or nobody can say who does
 */
export function withLock<T>(file: string, work: () => Promise<T>, options?: LockOptions): Promise<T> {
  return withFileLock(file, work, options).catch((error: unknown) => {
    if (!(error instanceof LockError)) throw error;
    const { problem, holder, cause } = error;
    if (problem === 'unwritable') throw cause;
    const [what, remedy] = holder
      ? [`process ${holder.pid} on ${holder.host} holds ${file}`, 'Wait for it, or end it.']
      : [`the lock ${file} cannot be read (${cause?.code})`, 'Remove it when no process holds it any more.'];
    throw new SecretsError('laptop-busy', what, remedy, { cause });
  });
}
