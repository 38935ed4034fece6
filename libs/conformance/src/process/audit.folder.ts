// Reads the audit journal that a service left, with nothing of the program that wrote it: hash chain, Merkle tree (RFC 9162 §2.1.1) and
// signed checkpoints (C2SP tlog-checkpoint, Ed25519) are worked out anew.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What the checks look at in an event. */
export interface AuditRecord {
  readonly metadata?: { readonly uid?: string };
  readonly api?: { readonly request?: { readonly uid?: string } };
  readonly unmapped?: { readonly phase?: string; readonly request?: string };
}

/** A signed state. */
export interface SignedState {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

/** A journal as it was found. */
export interface AuditFolder {
  readonly events: readonly AuditRecord[];
  /** Hash of each record: the leaves of the tree. */
  readonly leaves: readonly Buffer[];
  /** Number of the first record whose hash does not continue the one before. */
  readonly broken?: number;
}

const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');
const HASH_END = 45;

export async function readAuditFolder(folder: string): Promise<AuditFolder> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d+\.journal(\.gz)?$/.test(name)).sort();
  const [events, leaves]: [AuditRecord[], Buffer[]] = [[], []];
  let previous = Buffer.alloc(32).toString('base64url');
  let broken: number | undefined;
  for (const name of names) {
    const bytes = await readFile(join(folder, name));
    const lines = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n');
    for (const line of lines.slice(0, -1)) {
      if (!line.startsWith('r ')) continue;
      const [told, json] = [line.slice(2, HASH_END), line.slice(HASH_END + 1)];
      const leaf = sha256('\0', `${previous} ${json}`);
      if (leaf.toString('base64url') !== told) broken ??= leaves.length;
      leaves.push(leaf);
      previous = told;
      events.push(JSON.parse(json) as AuditRecord);
    }
  }
  return { events, leaves, broken };
}

/** The root over the first `size` leaves. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0] as Buffer;
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return sha256('\x01', rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

/** @returns undefined when no key signed it */
export function openSignedState(note: string, keys: readonly string[]): SignedState | undefined {
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const signature = Buffer.from(/\n\n— \S+ (\S+)\n$/.exec(note)?.[1] ?? '', 'base64').subarray(4);
  const signed = keys.some((line) => {
    const raw = Buffer.from(line.trim().split('+').slice(2).join('+'), 'base64').subarray(1);
    if (raw.length !== 32) return false;
    const key = createPublicKey({ key: Buffer.concat([SPKI_ED25519, raw]), format: 'der', type: 'spki' });
    return verify(null, Buffer.from(text), key, signature);
  });
  const [origin = '', size = '', root = ''] = text.split('\n');
  return signed && /^\d+$/.test(size) ? { origin, size: Number(size), root } : undefined;
}

function sha256(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
