// What a verification is told, and what it tells.
import type { Tampering } from './tampering.diagnosis.ts';

/** What was found wrong first. */
export interface Finding {
  readonly kind: Tampering;
  /** Number of the first record that is not as it was written. */
  readonly record: number;
  readonly message: string;
}

/** The outcome of {@link verifyJournal}. */
export interface Verification {
  readonly finding?: Finding;
  /** How many records were read. */
  readonly records: number;
  /** Number of the first record that is still there. */
  readonly first: number;
  /** Up to here a signed checkpoint vouches for the records. */
  readonly provenSize: number;
  /** How many checkpoints were met. */
  readonly checkpoints: number;
  /** What a reader should know: a torn tail, records removed by retention, a key that proves little. */
  readonly notes: readonly string[];
}

export interface VerifyOptions {
  /** Checkpoints that were kept elsewhere, as text. */
  readonly checkpoints?: readonly string[];
  /** Keys that were kept elsewhere, as `checkpoint.pub` has them. Without any, that of the folder is used. */
  readonly keys?: readonly string[];
}
