// Where a journal goes on. kill -9 and a power cut may leave the last line half written: nobody got an answer for it, so it is cut off,
// kept aside and reported. A line that is whole and does not fit the chain is no crash: nothing is written behind it.
import { open, readFile, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditError } from '../audit.error.ts';
import type { CompactRange } from '../merkle/compact.range.ts';
import { replaceFile } from './private.files.ts';
import { leafOfBytes, readRecord } from './record.line.ts';
import { listSegments, readHeader, type Segment } from './segment.file.ts';

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
  const bytes = await readFile(last.path);
  const end = bytes.indexOf(10);
  const start = end < 0 ? undefined : readHeader(bytes.subarray(0, end));
  if (!start || start.segment !== last.number) {
    if (end < 0 || bytes.includes(0)) return withoutEmpty(folder, last);
    throw damaged(last, 'its header is not valid');
  }
  const { tree, writer } = start;
  let { previous } = start;
  let position = end + 1;
  for (let next = bytes.indexOf(10, position); next >= 0; next = bytes.indexOf(10, position)) {
    const line = bytes.subarray(position, next);
    const record = readRecord(line);
    const leaf = record && leafOfBytes(previous, record.json);
    if (!record || leaf?.toString('base64url') !== record.hash) {
      if (line.includes(0)) break; // pages that a power cut kept from the disk
      throw damaged(last, `record ${tree.size} does not fit the one before it`);
    }
    tree.append(leaf);
    previous = record.hash;
    position = next + 1;
  }
  const tornBytes = bytes.length - position;
  if (tornBytes > 0) await cutOff(folder, last.path, bytes, position, tree.size);
  return { writer, segment: last.number, previous, tree, position, tornBytes };
}

/** The last file was just being begun: it has no record, and the one before it says where chain and tree stand. */
async function withoutEmpty(folder: string, { path }: Segment): Promise<JournalEnd | undefined> {
  await unlink(path);
  return recoverJournal(folder);
}

async function cutOff(folder: string, path: string, bytes: Buffer, position: number, record: number): Promise<void> {
  await replaceFile(join(folder, `torn-${record}.bin`), bytes.subarray(position));
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
