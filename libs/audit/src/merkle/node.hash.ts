// The two hashes of a Merkle tree, told apart by their first byte, so that a node can never be passed off as a record
// (RFC 9162 §2.1.1; the same as RFC 6962).
import { hash } from 'node:crypto';

/** Length of SHA-256, in bytes. */
export const HASH_BYTES = 32;

/** The root of a tree with nothing in it. */
export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer');

const node = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** The hash of a record. */
export const leafHash = (data: string): Buffer => hash('sha256', `\0${data}`, 'buffer');

/** The hash of two nodes side by side. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return hash('sha256', node, 'buffer');
}

/** Writes a hash, bytes or base64url, where it belongs. */
export function putHash(into: Buffer, at: number, value: Uint8Array | string): void {
  if (typeof value === 'string') into.write(value, at, HASH_BYTES, 'base64url');
  else into.set(value, at);
}
