// What a disk refuses (it is full, read-only, somebody else's) is an answer too: with its remedy, and with what became of the workspace.
import { RefusalError } from './refusal.error.ts';

/** Something was written and could not be taken back: the next command does that, once there is room or permission. */
export class HalfWrittenError extends RefusalError {
  override readonly written = 'What was written could not all be taken back: the next gatehouse command does that.';
}

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'Change its owner or its mode, or work in a clone of your own.',
  EPERM: 'Change its owner or its mode, or work in a clone of your own.',
  EROFS: 'The disk is read-only: work in a clone elsewhere.',
  ENOSPC: 'The disk is full: free some space.',
  EDQUOT: 'The quota is used up: free some space.',
};

/** A refusal, where the file system said no; any other error as it is. */
export function explained(root: string, error: NodeJS.ErrnoException): Error {
  const remedy = REMEDIES[error.code ?? ''];
  return remedy && !(error instanceof RefusalError) ? new RefusalError(refused(root, error), remedy) : error;
}

/** The same for a workspace that is neither as before nor as planned. */
export function halfWritten(root: string, error: NodeJS.ErrnoException): HalfWrittenError {
  const remedy = REMEDIES[error.code ?? ''] ?? 'Mend what is in the way.';
  return new HalfWrittenError(refused(root, error), `${remedy} Then run npx gatehouse sync.`);
}

function refused(root: string, { path, code, message }: NodeJS.ErrnoException): string {
  return `${path ?? root} cannot be written (${code ?? message})`;
}
