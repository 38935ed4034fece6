// The files of a journal: numbered, each begins with a header that says where chain and tree stand, so that it can be checked when the
// ones before it are gone. A closed one is compressed.
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { canonicalJson } from '../event/canonical.json.ts';
import { CompactRange, fits } from '../merkle/compact.range.ts';
import { HASH_BYTES } from '../merkle/node.hash.ts';

/** A file of the journal. */
export interface Segment {
  readonly number: number;
  readonly path: string;
  readonly compressed: boolean;
}

const header = z.strictObject({
  first: z.int().min(0),
  prev: z.string().length(43),
  segment: z.int().min(1),
  tree: z.array(z.string().length(44)),
  version: z.literal(1),
  writer: z.string().regex(/^[0-9a-f]{16}$/),
});

/** Where a file begins. */
export interface SegmentStart {
  readonly segment: number;
  readonly writer: string;
  /** Hash of the record before, as text. */
  readonly previous: string;
  readonly tree: CompactRange;
}

const NAME = /^(\d{8})\.journal(\.gz)?$/;

export const segmentName = (number: number): string => `${String(number).padStart(8, '0')}.journal`;

/** In order; of a file that was being compressed when the machine stopped, the plain one. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const found = new Map<number, Segment>();
  for (const name of (await readdir(folder)).sort()) {
    const [, digits, suffix] = NAME.exec(name) ?? [];
    if (digits === undefined || found.has(Number(digits))) continue;
    found.set(Number(digits), { number: Number(digits), path: join(folder, name), compressed: suffix !== undefined });
  }
  return [...found.values()].sort((a, b) => a.number - b.number);
}

export function headerLine({ segment, writer, previous, tree }: SegmentStart): string {
  const roots = tree.nodes().map((root) => root.toString('base64'));
  return `h ${canonicalJson({ first: tree.size, prev: previous, segment, tree: roots, version: 1, writer })}\n`;
}

/** undefined when it is no header. */
export function readHeader(line: Buffer): SegmentStart | undefined {
  const text = line.toString('utf8');
  if (!text.startsWith('h ')) return undefined;
  try {
    const { first, prev, segment, tree, writer } = header.parse(JSON.parse(text.slice(2)));
    const roots = tree.map((root) => Buffer.from(root, 'base64'));
    if (!fits(first, roots) || roots.some((root) => root.length !== HASH_BYTES)) return undefined;
    const start = { segment, writer, previous: prev, tree: new CompactRange(first, roots) };
    return headerLine(start) === `${text}\n` ? start : undefined;
  } catch {
    return undefined;
  }
}

/** Lines of a file, and what of the last one is without its end. */
export interface Lines {
  readonly lines: Buffer[];
  readonly rest?: Buffer;
}

/** No record is longer: a file without line breaks must not fill the memory. */
const MAX_LINE_BYTES = 1_048_576;

/** A living journal may compress the file after it was listed: then it has another name. */
async function openSegment({ path, compressed }: Segment): Promise<{ handle: FileHandle; compressed: boolean }> {
  try {
    return { handle: await open(path, 'r'), compressed };
  } catch (error) {
    if (compressed || !isMissing(error)) throw error;
    return { handle: await open(`${path}.gz`, 'r'), compressed: true };
  }
}

/** Whether a file is not there: retention may have taken one that was listed. */
export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/**
 * Reads a file a chunk at a time.
 * @param from where a line begins, in bytes
 */
export async function* readLines(segment: Segment, from = 0): AsyncGenerator<Lines> {
  const { handle, compressed } = await openSegment(segment);
  const file = handle.createReadStream({ highWaterMark: 262_144, start: compressed ? 0 : from });
  let skip = compressed ? from : 0;
  const stream = compressed ? pipeline(file, createGunzip(), () => undefined) : file;
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const read of stream as AsyncIterable<Buffer>) {
      const chunk = read.subarray(Math.min(skip, read.length));
      skip -= read.length - chunk.length;
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const lines: Buffer[] = [];
      let start = 0;
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        lines.push(bytes.subarray(start, end));
        start = end + 1;
      }
      rest = bytes.subarray(start);
      yield { lines };
      if (rest.length > MAX_LINE_BYTES) break;
    }
  } catch (error) {
    throw Object.assign(error as Error, { path: segment.path }); // a decoder does not know it
  }
  yield { lines: [], rest };
}
