// The laptop store's file: everything in one AES-256-GCM box, so that a changed byte anywhere, or an entry moved from one service to
// another, is found. A fresh key a write (HKDF with a random salt) leaves no nonce to repeat.
// Rollback: an old copy of the file is authentic. A running service notices (`generation`); across a restart nothing can.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { generatorSchema } from '../secret.generator.ts';
import { SecretsError } from '../secrets.error.ts';

const MAGIC = Buffer.from('gatehouse-secrets-1\n');
const SALT = 32;
const NONCE = 12;
const TAG = 16;
const HEADER = MAGIC.length + SALT + NONCE;

const entrySchema = z.strictObject({
  value: z.string(),
  version: z.int(),
  changedAt: z.string(),
  generator: generatorSchema.optional(),
});

const contentSchema = z.strictObject({
  /** Counts the writes. */
  generation: z.int(),
  services: z.record(z.string(), z.record(z.string(), entrySchema)),
});

/** One secret of one service. */
export type LaptopEntry = z.output<typeof entrySchema>;

/** What the file holds. */
export type LaptopContent = z.output<typeof contentSchema>;

/** Encrypts the whole. */
export function seal(content: LaptopContent, key: Uint8Array): Buffer {
  const header = Buffer.concat([MAGIC, randomBytes(SALT + NONCE)]);
  const cipher = createCipheriv('aes-256-gcm', fileKey(key, header), header.subarray(-NONCE), { authTagLength: TAG });
  cipher.setAAD(header);
  const box = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()]);
  return Buffer.concat([header, box, cipher.getAuthTag()]);
}

/** @throws SecretsError `laptop-damaged` when a byte differs, or the key is another one */
export function unseal(sealed: Uint8Array, key: Uint8Array, file: string): LaptopContent {
  try {
    const bytes = Buffer.from(sealed);
    if (bytes.length < HEADER + TAG || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('header');
    const header = bytes.subarray(0, HEADER);
    const cipher = createDecipheriv('aes-256-gcm', fileKey(key, header), header.subarray(-NONCE), {
      authTagLength: TAG,
    });
    cipher.setAAD(header);
    cipher.setAuthTag(bytes.subarray(-TAG));
    const plain = Buffer.concat([cipher.update(bytes.subarray(HEADER, -TAG)), cipher.final()]);
    return contentSchema.parse(JSON.parse(plain.toString('utf8')));
  } catch {
    throw new SecretsError(
      'laptop-damaged',
      `${file} was changed, cut short, or made with another key`,
      'Restore the file and its key together, or remove it to begin afresh with new values.',
    );
  }
}

function fileKey(key: Uint8Array, header: Buffer): Buffer {
  const salt = header.subarray(MAGIC.length, MAGIC.length + SALT);
  return Buffer.from(hkdfSync('sha256', key, salt, 'gatehouse laptop store file', 32));
}
