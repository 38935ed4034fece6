// A text with an Ed25519 signature that tools of others can check (C2SP signed-note): how a checkpoint leaves the machine.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { AuditError } from '../audit.error.ts';

const ED25519 = 1;
const PKCS8_SEED = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/** Who signs: a name and its key. */
export interface NoteSigner {
  readonly name: string;
  readonly privateKey: KeyObject;
  /** How others know it: `name+hash+key`. */
  readonly verifier: string;
}

/** Who is believed. */
export interface NoteVerifier {
  readonly name: string;
  readonly id: Buffer;
  readonly publicKey: KeyObject;
}

/** @param seed 32 secret bytes: an Ed25519 private key as RFC 8032 §5.1.5 has it */
export function noteSigner(name: string, seed: Uint8Array): NoteSigner {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_SEED, seed]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI_ED25519.length);
  const key = Buffer.concat([Buffer.of(ED25519), raw]);
  return { name, privateKey, verifier: `${name}+${keyId(name, key).toString('hex')}+${key.toString('base64')}` };
}

/** @throws AuditError `checkpoint-invalid` when it is no verifier key */
export function noteVerifier(text: string): NoteVerifier {
  const [, name = '', id = '', key = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim()) ?? [];
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== 33 || bytes[0] !== ED25519 || keyId(name, bytes).toString('hex') !== id) {
    throw new AuditError('checkpoint-invalid', 'the key is no verifier key', 'Give one line as checkpoint.pub has it.');
  }
  const spki = Buffer.concat([SPKI_ED25519, bytes.subarray(1)]);
  return { name, id: Buffer.from(id, 'hex'), publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }) };
}

/** @param text ends with a line break, and has no empty line */
export function signNote(text: string, { name, privateKey, verifier }: NoteSigner): string {
  const id = Buffer.from(verifier.split('+')[1] ?? '', 'hex');
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n— ${name} ${signature.toString('base64')}\n`;
}

/** The text of a note that one of `verifiers` signed; undefined when none did. */
export function openNote(note: string, verifiers: readonly NoteVerifier[]): string | undefined {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, end + 1);
  const signed = note
    .slice(end + 2, -1)
    .split('\n')
    .some((line) => {
      const [, name, encoded = ''] = /^— (\S+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
      const bytes = Buffer.from(encoded, 'base64');
      if (bytes.toString('base64') !== encoded) return false;
      return verifiers.some(
        (known) =>
          known.name === name &&
          known.id.equals(bytes.subarray(0, 4)) &&
          verify(null, Buffer.from(text), known.publicKey, bytes.subarray(4)),
      );
    });
  return signed ? text : undefined;
}

const keyId = (name: string, key: Buffer): Buffer =>
  createHash('sha256').update(`${name}\n`).update(key).digest().subarray(0, 4);
