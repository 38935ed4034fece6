// The state of a journal in three lines (C2SP tlog-checkpoint): whose, how many records, the root over all of them.
import { AuditError } from '../audit.error.ts';
import { HASH_BYTES } from '../merkle/node.hash.ts';
import { type NoteSigner, type NoteVerifier, openNote, signNote } from './signed.note.ts';

/** A journal up to and without record `size`. */
export interface Checkpoint {
  /** `gatehouse/<service>/<writer>`. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

export function signCheckpoint({ origin, size, root }: Checkpoint, signer: NoteSigner): string {
  return signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, signer);
}

/** @throws AuditError `checkpoint-invalid` when nobody who is believed signed it, or it is malformed */
export function openCheckpoint(note: string, verifiers: readonly NoteVerifier[]): Checkpoint {
  const text = openNote(note, verifiers);
  if (text === undefined) throw invalid('is not signed by a known key');
  const [origin = '', size = '', root = '', ...rest] = text.split('\n');
  const hash = Buffer.from(root, 'base64');
  const wellMade = /^(0|[1-9]\d{0,15})$/.test(size) && hash.length === HASH_BYTES && hash.toString('base64') === root;
  if (!origin || !wellMade || rest.length === 0) throw invalid('is malformed');
  return { origin, size: Number(size), root: hash };
}

const invalid = (what: string): AuditError =>
  new AuditError(
    'checkpoint-invalid',
    `the checkpoint ${what}`,
    'Give the key that signed it (--key), or another copy.',
  );
