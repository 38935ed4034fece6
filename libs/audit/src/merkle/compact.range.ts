// A Merkle tree that only grows needs to remember no more than the roots of its full subtrees: one for each bit of its size. They stand
// where they are hashed: a record makes one hash here on average, and no buffer.
import { hash } from 'node:crypto';
import { EMPTY_ROOT, HASH_BYTES, nodeHash, putHash } from './node.hash.ts';

const LEFT = 1;
const RIGHT = LEFT + HASH_BYTES;
const PAIR_BYTES = RIGHT + HASH_BYTES;

/** Appends leaves and knows the root (RFC 9162 §2.1.1), in memory that grows with the logarithm. */
export class CompactRange {
  /** By level: on the left the root of the full subtree of 2^level leaves, where the size has that bit; on the right room for the next. */
  private readonly pairs: Buffer[] = [];

  /**
   * @param size how many leaves there are
   * @param roots of the full subtrees, largest first: one for each bit of `size`
   */
  constructor(
    private leaves = 0,
    roots: readonly Uint8Array[] = [],
  ) {
    let next = roots.length;
    for (const level of this.levels()) putHash(this.pair(level), LEFT, roots[--next] as Uint8Array);
  }

  get size(): number {
    return this.leaves;
  }

  /** @param leaf bytes, or base64url */
  append(leaf: Uint8Array | string): void {
    let merged = leaf;
    let level = 0;
    for (let size = this.leaves; size % 2 === 1; size = (size - 1) / 2) {
      const pair = this.pair(level++);
      putHash(pair, RIGHT, merged);
      merged = hash('sha256', pair, 'base64url');
    }
    putHash(this.pair(level), LEFT, merged);
    this.leaves += 1;
  }

  root(): Buffer {
    const roots = this.nodes();
    const last = roots.at(-1);
    if (!last) return EMPTY_ROOT;
    return roots.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
  }

  /** The roots of the full subtrees, largest first. */
  nodes(): Buffer[] {
    return this.levels()
      .map((level) => Buffer.from(this.pair(level).subarray(LEFT, RIGHT)))
      .reverse();
  }

  /** Of the full subtrees, smallest first. */
  private levels(): number[] {
    const levels: number[] = [];
    for (let size = this.leaves, level = 0; size > 0; size = Math.floor(size / 2), level++)
      if (size % 2 === 1) levels.push(level);
    return levels;
  }

  private pair(level: number): Buffer {
    for (let next = this.pairs.length; next <= level; next++) this.pairs.push(Buffer.alloc(PAIR_BYTES, 1));
    return this.pairs[level] as Buffer;
  }
}

/** Whether `roots` can be those of a tree of `size` leaves: one for each bit. */
export const fits = (size: number, roots: readonly unknown[]): boolean =>
  roots.length === size.toString(2).replaceAll('0', '').length;
