// That a record is in a tree whose root was signed, shown with a few hashes and without the other records (RFC 9162 §2.1.3).
import { CompactRange } from './compact.range.ts';
import { nodeHash } from './node.hash.ts';

/** Leaves `from` up to and without `to`. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** The ranges whose roots prove leaf `index` in a tree of `size`, in the order of the proof: from the leaf upwards. */
export function proofRanges(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + 2 ** Math.ceil(Math.log2(to - from) - 1);
    if (index < middle) {
      ranges.unshift({ from: middle, to });
      to = middle;
    } else {
      ranges.unshift({ from, to: middle });
      from = middle;
    }
  }
  return ranges;
}

/** The root that leaf and proof lead to; the proof holds when that is the signed one. */
export function rootFromProof(index: number, size: number, leaf: Buffer, proof: readonly Buffer[]): Buffer | undefined {
  const ranges = proofRanges(index, size);
  if (index >= size || ranges.length !== proof.length) return undefined;
  return ranges.reduce(
    (root, range, step) =>
      range.from > index ? nodeHash(root, proof[step] as Buffer) : nodeHash(proof[step] as Buffer, root),
    leaf,
  );
}

/** Collects the roots of ranges while the leaves go by, once and in order. */
export class ProofCollector {
  private readonly open: { range: LeafRange; tree: CompactRange }[];

  /** @param start the leaf that comes first, with the roots of the full subtrees before it */
  constructor(ranges: readonly LeafRange[], start = 0, before: readonly Buffer[] = []) {
    this.open = ranges.map((range) => ({ range, tree: startOf(range, start, before) }));
  }

  add(index: number, leaf: Buffer): void {
    for (const { range, tree } of this.open) if (index >= range.from && index < range.to) tree.append(leaf);
  }

  /** @throws RangeError when leaves of a range did not come by */
  proof(): Buffer[] {
    return this.open.map(({ range, tree }) => {
      if (tree.size !== range.to - range.from) throw new RangeError('leaves are missing');
      return tree.root();
    });
  }
}

/** What is known of a range from the full subtrees before `start`: those that lie within it. */
function startOf({ from, to }: LeafRange, start: number, before: readonly Buffer[]): CompactRange {
  const inside: Buffer[] = [];
  let [at, size] = [0, 0];
  for (const root of before) {
    const width = 2 ** Math.floor(Math.log2(start - at));
    if (at >= from && at + width <= to) {
      inside.push(root);
      size += width;
    }
    at += width;
  }
  return new CompactRange(size, inside);
}
