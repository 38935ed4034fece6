// What a journal is opened with, and why its folder cannot be used.
import { AuditError } from '../audit.error.ts';
import type { AuditSettings } from '../audit.options.ts';
import type { SignedCheckpoint } from '../ship/checkpoint.export.ts';

/** What a journal is opened with. */
export interface JournalOptions extends Pick<
  AuditSettings,
  | 'hungAfterMs'
  | 'maxQueueBytes'
  | 'maxSegmentBytes'
  | 'checkpointSeconds'
  | 'retainDays'
  | 'maxTotalBytes'
  | 'exportCheckpointsTo'
> {
  readonly folder: string;
  readonly service: string;
  /** 32 secret bytes: the Ed25519 key of the checkpoints. */
  readonly signingKey: Uint8Array;
  /** Handed each checkpoint that is on the disk, to take it off the machine. */
  readonly onCheckpoint?: (checkpoint: SignedCheckpoint) => void;
  /** Number of the first record that a receiver has not got yet: its file is kept beyond its time, while there is room. */
  readonly wantedFrom?: () => number;
  /** Told when the journal cannot be written, and (undefined) when it can again. */
  readonly onState?: (failure: AuditError | undefined) => void;
  /** Told what went wrong beside the path of a request: an export, a compression. */
  readonly onProblem?: (error: unknown, what: string) => void;
}

/** Writes an event's text, given its number and its time. */
export type MakeEvent = (sequence: number, time: number) => string;

/** What a caller is told, whatever the file system said. */
export function unusable(folder: string, error: unknown): AuditError {
  if (error instanceof AuditError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const what = `the folder ${folder} cannot be used (${code ?? message})`;
  return new AuditError('journal-unwritable', what, 'Give this user the folder, or set audit.folder.', error);
}
