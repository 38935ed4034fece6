// One process at a time: services that start together make one CA, and replicas that share a folder order one certificate.
import { LockError, type LockOptions, withLock as withFileLock } from '@gatehouse/files';
import { TlsError } from './tls.error.ts';

/** Another process has the lock. */
export class LockHeldError extends TlsError {}

/**
 * Does work while holding the lock `file`; its folder has to exist.
 *
 * @throws LockHeldError when another process still holds it after `waitMs`, naming that process
 */
export function withLock<T>(file: string, work: () => Promise<T>, options?: LockOptions): Promise<T> {
  return withFileLock(file, work, options).catch((error: unknown) => {
    throw error instanceof LockError ? inWords(error) : error;
  });
}

function inWords({ file, problem, holder, cause }: LockError): TlsError {
  if (holder)
    return new LockHeldError(`process ${holder.pid} on ${holder.host} holds ${file}: wait for it, or end it.`);
  const why = cause?.code ?? cause?.message;
  return new TlsError(
    problem === 'unreadable'
      ? `${file} cannot be read (${why}): remove it when no process holds it any more.`
      : `${file} cannot be made (${why}): give this user its folder.`,
  );
}
