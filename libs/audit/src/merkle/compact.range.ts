// A Merkle tree that only grows needs to remember no more than the roots of its full subtrees: one for each bit of its size.
import { EMPTY_ROOT, nodeHash } from './node.hash.ts';

/** Appends leaves and knows the root (RFC 9162 §2.1.1), in memory that grows with the logarithm. */
export class CompactRange {
  private readonly roots: Buffer[];

  /**
   * @param size how many leaves there are
   * @param roots of the full subtrees, largest first: one for each bit of `size`
   */
  constructor(
    private leaves = 0,
    roots: readonly Buffer[] = [],
  ) {
    this.roots = [...roots];
  }

  get size(): number {
    return this.leaves;
  }

  append(leaf: Buffer): void {
    let merged = leaf;
    for (let size = this.leaves; size % 2 === 1; size = (size - 1) / 2) {
      merged = nodeHash(this.roots.pop() as Buffer, merged);
    }
    this.roots.push(merged);
    this.leaves += 1;
  }

  root(): Buffer {
    const last = this.roots.at(-1);
    if (!last) return EMPTY_ROOT;
    return this.roots.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
  }

  /** The roots of the full subtrees, largest first. */
  nodes(): readonly Buffer[] {
    return this.roots;
  }
}

/** Whether `roots` can be those of a tree of `size` leaves: one for each bit. */
export const fits = (size: number, roots: readonly unknown[]): boolean =>
  roots.length === size.toString(2).replaceAll('0', '').length;
