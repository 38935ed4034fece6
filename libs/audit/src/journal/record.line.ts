// One record is one line: its hash, and the canonical text. The hash covers the hash of the record before it, so that no record can be
// changed, left out or moved without all that follow (and it is the leaf of the Merkle tree, so one hash does for both).
import { hash } from 'node:crypto';
import { HASH_BYTES, leafHash } from '../merkle/node.hash.ts';

/** What the first record has for the hash before it. */
export const GENESIS = Buffer.alloc(HASH_BYTES).toString('base64url');

const HASH_TEXT = GENESIS.length;
const PREFIX = 2 + HASH_TEXT + 1; // "r " hash " "

/** A line as it was read. */
export interface ReadRecord {
  /** The hash that stands in the line, as text. */
  readonly hash: string;
  readonly json: Buffer;
}

/** @returns the leaf */
export const recordLeaf = (previous: string, json: string): Buffer => leafHash(`${previous} ${json}`);

export const recordLine = (leafText: string, json: string): string => `r ${leafText} ${json}\n`;

/** Room that the line of a text needs at most, in bytes. */
export const recordSpace = (json: string): number => PREFIX + 3 * json.length + 1;

/**
 * Writes the line of a record where it will be written to the file from: its leaf is hashed in place, and nothing is allocated. Until
 * the leaf is known, its place holds what is hashed before the text: a zero, the hash before, a space.
 *
 * @returns where the line ends, and the leaf
 */
export function writeRecord(into: Buffer, at: number, previous: string, json: string): { end: number; leaf: string } {
  const text = at + PREFIX;
  const end = text + into.write(json, text, 'utf8');
  into[at + 1] = 0;
  into.write(previous, at + 2, HASH_TEXT, 'latin1');
  into[text - 1] = 0x20;
  const leaf = hash('sha256', into.subarray(at + 1, end), 'base64url');
  into[at] = 0x72;
  into[at + 1] = 0x20;
  into.write(leaf, at + 2, HASH_TEXT, 'latin1');
  into[end] = 0x0a;
  return { end: end + 1, leaf };
}

/** undefined when the line is none of ours: damaged, or a header. */
export function readRecord(line: Buffer): ReadRecord | undefined {
  if (line.length < PREFIX + 2 || line[0] !== 0x72 || line[1] !== 0x20 || line[PREFIX - 1] !== 0x20) return undefined;
  const text = line.toString('latin1', 2, PREFIX - 1);
  return /^[A-Za-z0-9_-]+$/.test(text) ? { hash: text, json: line.subarray(PREFIX) } : undefined;
}

let scratch = Buffer.alloc(65_536);

/** The leaf of bytes as they stand in the file: not decoded, since a decoder would forgive what is no UTF-8. */
export function leafOfBytes(previous: string, json: Buffer): Buffer {
  const length = 1 + HASH_TEXT + 1 + json.length;
  if (scratch.length < length) scratch = Buffer.alloc(length * 2);
  scratch[0] = 0;
  scratch.write(previous, 1, 'latin1');
  scratch[1 + HASH_TEXT] = 0x20;
  json.copy(scratch, 2 + HASH_TEXT);
  return hash('sha256', scratch.subarray(0, length), 'buffer');
}
