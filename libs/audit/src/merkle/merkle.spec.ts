import { CompactRange, fits } from './compact.range.ts';
import { ProofCollector, proofRanges, rootFromProof } from './inclusion.proof.ts';
import { leafHash, nodeHash, EMPTY_ROOT } from './node.hash.ts';

/** The definition of RFC 9162 §2.1.1, word for word. */
function definition(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0] as Buffer;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(definition(leaves.slice(0, k)), definition(leaves.slice(k)));
}

const leaves = Array.from({ length: 70 }, (_, index) => leafHash(`record ${index}`));

describe('the Merkle tree', () => {
  it('has the known roots of RFC 6962 for no leaf and for an empty one', () => {
    expect(new CompactRange().root().toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(leafHash('').toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  });

  it('has the root of the definition at every size', () => {
    const tree = new CompactRange();
    for (let size = 0; size <= leaves.length; size++) {
      expect(tree.root()).toEqual(definition(leaves.slice(0, size)));
      expect(fits(size, tree.nodes())).toBe(true);
      const leaf = leaves[size];
      if (leaf) tree.append(leaf);
    }
  });

  it('proves every record at every size, also where the first ones are gone', () => {
    for (let size = 1; size <= leaves.length; size += 3) {
      const root = definition(leaves.slice(0, size));
      for (let index = 0; index < size; index++) {
        for (const start of [0, Math.floor(index / 2), index]) {
          const before = new CompactRange();
          for (const leaf of leaves.slice(0, start)) before.append(leaf);
          const collector = new ProofCollector(proofRanges(index, size), start, before.nodes());
          for (let at = start; at < size; at++) collector.add(at, leaves[at] as Buffer);
          const proof = collector.proof();
          expect(rootFromProof(index, size, leaves[index] as Buffer, proof)).toEqual(root);
          expect(rootFromProof(index, size, leafHash('another'), proof)).not.toEqual(root);
        }
      }
    }
  });
});
