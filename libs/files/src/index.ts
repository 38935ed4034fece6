export { lockFile, withLock, type FileLock, type LockOptions } from './file.lock.ts';
export { LockError, type LockHolder, type LockProblem } from './lock.error.ts';
export { createFile, privateFolder, replaceFile, syncFolder } from './whole.file.ts';
