// The memory in which lines wait and from which they are written: used again, so that a record allocates nothing outside the heap. What
// is allocated there goes only with a full collection, and until then a busy process grows.

/** Of what is used again; a longer line gets its own. */
const CHUNK_BYTES = 262_144;
/** More of them than a sync writes in a busy second are given back to the system. */
const KEPT = 16;

/** Lines, one after the other. */
export interface Chunk {
  readonly bytes: Buffer;
  /** Where the next line goes. */
  end: number;
  /** Batches whose lines are not safe yet. */
  holders: number;
}

/** Gives room for lines, and takes it back. */
export class LineChunks {
  private readonly free: Chunk[] = [];
  private current = newChunk(CHUNK_BYTES);

  /** A chunk that has room for a line of so many bytes at its `end`. */
  withRoom(bytes: number): Chunk {
    if (this.current.bytes.length - this.current.end >= bytes) return this.current;
    if (bytes > CHUNK_BYTES) return newChunk(bytes);
    return (this.current = this.free.pop() ?? newChunk(CHUNK_BYTES));
  }

  /** One who held it needs it no more. */
  release(chunk: Chunk): void {
    chunk.holders -= 1;
    if (chunk.holders > 0) return;
    chunk.end = 0;
    if (chunk === this.current) return;
    if (chunk.bytes.length === CHUNK_BYTES && this.free.length < KEPT) this.free.push(chunk);
    else giveBack(chunk);
  }
}

const newChunk = (bytes: number): Chunk => ({ bytes: Buffer.allocUnsafeSlow(bytes), end: 0, holders: 0 });

/** At once: a disk that was slow for a second has left twenty megabytes, and the collector would come for them minutes later. */
const giveBack = ({ bytes }: Chunk): void => void (bytes.buffer as ArrayBuffer).transfer?.(0); // Node.js 20 has none
