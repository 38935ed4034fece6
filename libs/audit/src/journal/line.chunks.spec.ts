import { type Chunk, LineChunks } from './line.chunks.ts';

const MIB = 1_048_576;
const held = (): number => process.memoryUsage().arrayBuffers;

/** As the queue does: lines are written until so many chunks wait for the disk. */
function fill(chunks: LineChunks, count: number): Chunk[] {
  const waiting = new Set<Chunk>();
  while (waiting.size < count) {
    const chunk = chunks.withRoom(1_000);
    if (!waiting.has(chunk)) chunk.holders += 1;
    waiting.add(chunk);
    chunk.end += 1_000;
  }
  return [...waiting];
}

it('leaves nothing of a backlog to the collector', () => {
  const chunks = new LineChunks();
  const before = held();
  const waiting = fill(chunks, 100);
  expect(held() - before).toBeGreaterThan(24 * MIB);
  for (const chunk of waiting) chunks.release(chunk);
  expect(held() - before).toBeLessThan(5 * MIB);
});

it('gives a line of any length its room after a backlog', () => {
  const chunks = new LineChunks();
  for (const chunk of fill(chunks, 100)) chunks.release(chunk);
  for (const bytes of [1, 262_144, 1_000_000]) {
    const chunk = chunks.withRoom(bytes);
    expect(chunk.bytes.length - chunk.end).toBeGreaterThanOrEqual(bytes);
    chunk.end += bytes;
  }
});
