import { createHash } from 'node:crypto';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { noteSigner, noteVerifier, openNote } from './signed.note.ts';

const signer = noteSigner('gatehouse/api', Buffer.alloc(32, 7));
const verifier = noteVerifier(signer.verifier);
const checkpoint = { origin: 'gatehouse/api/0011', size: 42, root: createHash('sha256').update('x').digest() };

describe('a checkpoint', () => {
  it('opens as it was signed', () => {
    expect(openCheckpoint(signCheckpoint(checkpoint, signer), [verifier])).toEqual(checkpoint);
  });

  it('opens a note of the Go implementation (golang.org/x/mod/sumdb/note)', () => {
    const known = noteVerifier('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const note =
      'If you think cryptography is the answer to your problem,\nthen you don’t know what your problem is.\n\n'.replace(
        '’',
        "'",
      ) +
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
    expect(openNote(note, [known])).toContain('cryptography is the answer');
  });

  it.each([
    ['another size', (note: string) => note.replace('\n42\n', '\n43\n')],
    ['another origin', (note: string) => note.replace('0011', '0012')],
    ['no signature', (note: string) => note.slice(0, note.indexOf('—'))],
    ['a changed signature', (note: string) => note.replace(/[A-Za-z0-9]{4}(?==*\n$)/, 'AAAA')],
  ])('is refused with %s', (_what, change) => {
    const changed = change(signCheckpoint(checkpoint, signer));
    expect(() => openCheckpoint(changed, [verifier])).toThrow('not signed by a known key');
  });

  it('is refused when a key of the same name that is not known signed it', () => {
    const other = noteSigner('gatehouse/api', Buffer.alloc(32, 8));
    expect(() => openCheckpoint(signCheckpoint(checkpoint, other), [verifier])).toThrow('known key');
  });
});
