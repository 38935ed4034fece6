// The records of a journal one after the other, from any number on: what tail, query, prove and shipping read. Does not verify.
import { readRecord } from '../journal/record.line.ts';
import { listSegments, readHeader, readLines, type Segment } from '../journal/segment.file.ts';
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
  const segments = await listSegments(folder);
  let begin: { index: number; start: ReadStart } | undefined;
  for (const [index, segment] of segments.entries()) {
    const header = await headerOf(segment);
    if (!header || (begin && header.tree.size > from)) break;
    begin = { index, start: { sequence: header.tree.size, previous: header.previous, tree: header.tree } };
  }
  if (!begin) return undefined;
  return { start: begin.start, records: walk(segments.slice(begin.index), begin.start) };
}

/** Records from `from` on. */
export async function* readRecords(folder: string, from = 0): AsyncGenerator<StoredRecord> {
  const opened = await openRecords(folder, from);
  if (!opened) return;
  for await (const record of opened.records) if (record.sequence >= from) yield record;
}

/** Whether the text of a record is a checkpoint rather than an event. */
export const isCheckpoint = (json: string): boolean => json.startsWith('{"checkpoint":');

async function headerOf(segment: Segment) {
  for await (const { lines } of readLines(segment)) if (lines[0]) return readHeader(lines[0]);
  return undefined;
}

async function* walk(segments: readonly Segment[], { sequence, previous }: ReadStart): AsyncGenerator<StoredRecord> {
  let at = { sequence, previous };
  for (const segment of segments) {
    for await (const { lines } of readLines(segment)) {
      for (const line of lines) {
        const record = readRecord(line);
        if (!record) continue;
        yield { ...at, hash: record.hash, json: record.json.toString('utf8') };
        at = { sequence: at.sequence + 1, previous: record.hash };
      }
    }
  }
}
