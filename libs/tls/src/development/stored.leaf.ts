// A leaf kept with its key in one file, so that the two are replaced together; made again when it no longer fits.
import { X509Certificate } from 'node:crypto';
import { readFile, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { covers, factsOf, remainingFraction, validateMaterial } from '../certificate.facts.ts';
import type { CertificateMaterial } from '../certificate.source.ts';
import { withLock } from '../folder.lock.ts';
import { privateFolder, writePrivate } from '../private.files.ts';

/** A leaf is renewed at this part of its lifetime, before the first alarm (a third) is due. */
export const RENEW_AT = 0.4;

/** See {@link storedLeaf}. */
export interface StoredLeafOptions {
  readonly file: string;
  /** The PEM certificate of the CA that a kept leaf has to be from; undefined while there is none. */
  readonly authority: string | undefined;
  readonly names: readonly string[];
  readonly now: number;
  readonly make: () => Promise<CertificateMaterial>;
}

/** The kept leaf while it fits, else a new one; of several processes one makes it. */
export async function storedLeaf(options: StoredLeafOptions): Promise<CertificateMaterial> {
  const kept = await read(options);
  if (kept) return kept;
  const folder = dirname(options.file);
  await privateFolder(folder);
  return withLock(join(folder, 'lock'), async () => {
    const meanwhile = await read(options);
    if (meanwhile) return meanwhile;
    const made = await options.make();
    await writePrivate(options.file, made.key + made.cert);
    await unlink(join(folder, 'leaf.key')).catch(() => undefined);
    return made;
  });
}

/** Whatever is wrong with a kept leaf, a new one mends it: it is nobody's trust anchor. */
async function read({ file, authority, names, now }: StoredLeafOptions): Promise<CertificateMaterial | undefined> {
  if (authority === undefined) return undefined;
  try {
    const text = await readFile(file, 'utf8');
    const material = splitBundle(text);
    validateMaterial(material, { origin: file, now, names });
    const leaf = new X509Certificate(material.cert);
    const exactly = factsOf(leaf).names.length === names.length && names.every((name) => covers(leaf, name));
    const fresh = remainingFraction(factsOf(leaf), now) > RENEW_AT;
    return exactly && fresh && leaf.verify(new X509Certificate(authority).publicKey) ? material : undefined;
  } catch {
    return undefined;
  }
}

/** Key and chain of a PEM text that has both. */
export function splitBundle(text: string): CertificateMaterial {
  const blocks = text.match(/-----BEGIN [A-Z0-9 ]+-----[^-]+-----END [A-Z0-9 ]+-----\n?/g) ?? [];
  const isKey = (block: string) => /PRIVATE KEY-----/.test(block);
  return { key: blocks.filter(isKey).join(''), cert: blocks.filter((block) => !isKey(block)).join('') };
}
