// Where a journal goes on. kill -9 and a power cut may leave the last line half written: nobody got an answer for it, so it is cut off,
// kept aside and reported. A line that is whole and does not fit the chain is no crash: nothing is written behind it.
import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { syncFolder } from '@gatehouse/files';
import { AuditError } from '../audit.error.ts';
import type { CompactRange } from '../merkle/compact.range.ts';
import { leafOfBytes, readRecord } from './record.line.ts';
import { listSegments, readHeader, readLines, type Segment, type SegmentStart } from './segment.file.ts';

/** The state of a journal that was read to its end. */
export interface JournalEnd {
  readonly writer: string;
  readonly segment: number;
  readonly previous: string;
  readonly tree: CompactRange;
  /** Length of the last file, in bytes. */
  readonly position: number;
  /** What was cut off, in bytes. */
  readonly tornBytes: number;
}

/**
 * Reads the last file of a journal.
 *
 * @returns undefined when there is no journal yet
 * @throws AuditError `journal-damaged` when a record does not fit the chain
 */
export async function recoverJournal(folder: string): Promise<JournalEnd | undefined> {
  const last = (await listSegments(folder)).at(-1);
  if (!last) return undefined;
  if (last.compressed) throw damaged(last, 'the file after it is missing');
  const { start, end, broken } = await follow(last);
  if (!start || start.segment !== last.number) {
    if (broken !== 'header') return withoutEmpty(folder, last);
    throw damaged(last, 'its header is not valid');
  }
  if (broken === 'record') throw damaged(last, `record ${start.tree.size} does not fit the one before it`);
  const tornBytes = (await stat(last.path)).size - end.position;
  if (tornBytes > 0) await cutOff(folder, last.path, end.position, start.tree.size);
  return { writer: start.writer, segment: last.number, tree: start.tree, ...end, tornBytes };
}

/** Where chain and file end, a chunk at a time. `broken` is what no crash leaves: a whole line that does not fit. */
async function follow(segment: Segment): Promise<{
  start?: SegmentStart;
  end: Pick<JournalEnd, 'previous' | 'position'>;
  broken?: 'header' | 'record';
}> {
  const end = { previous: '', position: 0 };
  let start: SegmentStart | undefined;
  for await (const { lines } of readLines(segment)) {
    for (const line of lines) {
      if (!start) {
        start = readHeader(line);
        // zeros: pages that a power cut kept from the disk
        if (!start) return line.includes(0) ? { end } : { end, broken: 'header' };
        end.previous = start.previous;
      } else {
        const record = readRecord(line);
        const leaf = record && leafOfBytes(end.previous, record.json);
        if (!record || leaf?.toString('base64url') !== record.hash)
          return { start, end, ...(line.includes(0) ? {} : { broken: 'record' }) };
        start.tree.append(leaf);
        end.previous = record.hash;
      }
      end.position += line.length + 1;
    }
  }
  return { start, end };
}

/** The last file was just being begun: it has no record, and the one before it says where chain and tree stand. */
async function withoutEmpty(folder: string, { path }: Segment): Promise<JournalEnd | undefined> {
  await unlink(path);
  return recoverJournal(folder);
}

async function cutOff(folder: string, path: string, position: number, record: number): Promise<void> {
  const kept = join(folder, `torn-${record}.bin`);
  await pipeline(createReadStream(path, { start: position }), createWriteStream(kept, { mode: 0o600, flush: true }));
  await syncFolder(folder);
  await truncate(path, position);
  const handle = await open(path, 'r+');
  await handle.sync().finally(() => handle.close());
}

const damaged = ({ path }: Segment, what: string): AuditError =>
  new AuditError(
    'journal-damaged',
    `${path}: ${what}`,
    'Run "gatehouse audit verify" on the folder, keep it as evidence, and move it away: a new journal begins.',
  );
