// Whose signatures count: keys that were kept elsewhere; for a first look those of the folder, which proves little.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditError } from '../audit.error.ts';
import { type NoteVerifier, noteVerifier } from '../checkpoint/signed.note.ts';
import type { VerifyOptions } from './verification.ts';

/**
 * @param notes gets a word about keys that prove little
 * @throws AuditError `checkpoint-invalid` for a key that is none
 */
export async function verifiersOf(folder: string, { keys }: VerifyOptions, notes: string[]): Promise<NoteVerifier[]> {
  if (keys && keys.length > 0) return keys.map((key) => noteVerifier(key));
  notes.push('the key is that of the folder: it proves nothing against whoever can write there (--key)');
  const text = await readFile(join(folder, 'checkpoint.pub'), 'utf8').catch((error: unknown) => {
    throw new AuditError('checkpoint-invalid', `there is no key in ${folder}`, 'Give one with --key.', error);
  });
  return text
    .trim()
    .split('\n')
    .map((key) => noteVerifier(key));
}
