// The records of a journal one after the other, from any number on: what tail, query, prove and shipping read. A chunk at a time, so
// that a journal of any size costs no memory. Does not verify.
import { stat } from 'node:fs/promises';
import { readRecord } from '../journal/record.line.ts';
import { isMissing, listSegments, readHeader, readLines, type Segment } from '../journal/segment.file.ts';
import type { CompactRange } from '../merkle/compact.range.ts';

/** One record as it stands. */
export interface StoredRecord {
  readonly sequence: number;
  /** Its hash: the leaf of the tree. */
  readonly hash: string;
  /** That of the record before it. */
  readonly previous: string;
  readonly json: string;
}

/** Where reading begins. */
export interface ReadStart {
  readonly sequence: number;
  readonly previous: string;
  readonly tree: CompactRange;
}

/** The state before the file that has record `from`, and the records from there on. */
export async function openRecords(
  folder: string,
  from = 0,
): Promise<{ start: ReadStart; records: AsyncGenerator<StoredRecord> } | undefined> {
  const begin = await beginning(folder, from);
  return begin && { start: begin.start, records: walk(begin.segments, begin.start, 0) };
}

/** Records from `from` on. */
export async function* readRecords(folder: string, from = 0): AsyncGenerator<StoredRecord> {
  const begin = await beginning(folder, from);
  if (begin) yield* walk(begin.segments, begin.start, from);
}

/** A clock that was set back may have written later events before. */
const CLOCK_MS = 60_000;

/** The first record that may be as young as `time`: files that were last written before it need not be read. */
export async function firstRecordSince(folder: string, time: number | undefined): Promise<number> {
  if (time === undefined) return 0;
  let young: Segment | undefined;
  for (const segment of (await listSegments(folder)).reverse()) {
    const { mtimeMs } = await stat(segment.path).catch(() => ({ mtimeMs: 0 }));
    if (young && mtimeMs < time - CLOCK_MS) break;
    young = segment;
  }
  return (young && (await headerOf(young))?.tree.size) ?? 0;
}

/** Whether the text of a record is a checkpoint rather than an event. */
export const isCheckpoint = (json: string): boolean => json.startsWith('{"checkpoint":');

interface Beginning {
  readonly segments: readonly Segment[];
  readonly start: ReadStart;
}

/** Retention may take the oldest files while they are looked at: then they are listed again. */
const TRIES = 20;

async function beginning(folder: string, from: number): Promise<Beginning | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await locate(await listSegments(folder), from);
    } catch (error) {
      if (!isMissing(error) || tries === TRIES) throw error;
    }
  }
}

/** The last file that does not begin behind record `from`, by halving: a journal may have hundreds. */
async function locate(segments: readonly Segment[], from: number): Promise<Beginning | undefined> {
  let found: Beginning | undefined;
  for (let [low, high] = [0, segments.length - 1]; low <= high;) {
    const middle = (low + high) >> 1;
    const header = await headerOf(segments[middle] as Segment);
    if (!header || (middle > 0 && header.tree.size > from)) {
      high = middle - 1; // being begun, or too late
      continue;
    }
    const start = { sequence: header.tree.size, previous: header.previous, tree: header.tree };
    found = { segments: segments.slice(middle), start };
    low = middle + 1;
  }
  return found;
}

/** Number of the first record of a file; undefined while it is being begun. */
export const firstOfSegment = async (segment: Segment): Promise<number | undefined> =>
  (await headerOf(segment))?.tree.size;

async function headerOf(segment: Segment) {
  for await (const { lines } of readLines(segment)) if (lines[0]) return readHeader(lines[0]);
  return undefined;
}

async function* walk(
  segments: readonly Segment[],
  { sequence, previous }: ReadStart,
  from: number,
): AsyncGenerator<StoredRecord> {
  let at = { sequence, previous };
  for (const segment of segments) {
    try {
      for await (const { lines } of readLines(segment)) {
        for (const line of lines) {
          const record = readRecord(line);
          if (!record) {
            const start = readHeader(line); // says it also when the file before it was not there
            if (start) at = { sequence: start.tree.size, previous: start.previous };
            continue;
          }
          if (at.sequence >= from) yield { ...at, hash: record.hash, json: record.json.toString('utf8') };
          at = { sequence: at.sequence + 1, previous: record.hash };
        }
      }
    } catch (error) {
      if (!isMissing(error)) throw error; // retention has taken it since it was listed
    }
  }
}
