// The journal may not fill the disk: closed files are compressed, and the oldest removed after their time or when all is too large. A
// removal is an event of the journal, so that it can be told from a theft.
import { createWriteStream } from 'node:fs';
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { syncFolder } from '@gatehouse/files';
import { firstOfSegment } from '../read/record.reader.ts';
import { listSegments, type Segment } from './segment.file.ts';

/** What decides. */
export interface RetentionOptions {
  readonly folder: string;
  readonly retainDays: number;
  readonly maxTotalBytes: number;
  /** Number of the first record that somebody has not got yet: its file stays, however old, as long as there is room. */
  readonly wantedFrom?: () => number;
}

const DAY_MS = 86_400_000;

/** How far the clock was moved since the process began, in milliseconds. */
const clockMoved = (): number => Math.abs(Date.now() - performance.timeOrigin - performance.now());

/**
 * @param current the file that is being written
 * @param announce writes down, durably, that all files up to this one go
 */
export async function keepTidy(
  options: RetentionOptions,
  current: number,
  announce: (through: number) => Promise<void>,
): Promise<void> {
  const { folder } = options;
  const closed = (await listSegments(folder)).filter(({ number }) => number < current);
  for (const segment of closed) if (!segment.compressed) await compress(segment, folder);
  const old = await removable(options, current);
  const last = old.at(-1)?.number;
  if (last === undefined) return;
  await announce(last);
  for (const { path } of old) await unlink(path);
}

/** The oldest files, as many as there is no room for, or whose time is over and which nobody waits for. */
async function removable(
  { folder, retainDays, maxTotalBytes, wantedFrom }: RetentionOptions,
  current: number,
): Promise<Segment[]> {
  const files = await Promise.all(
    (await listSegments(folder)).map(async (segment) => ({ ...segment, status: await stat(segment.path) })),
  );
  let total = files.reduce((sum, { status }) => sum + status.size, 0);
  const old: Segment[] = [];
  for (const [index, { status, ...segment }] of files.entries()) {
    if (segment.number >= current) break;
    if (total <= maxTotalBytes) {
      if (Date.now() - status.mtimeMs < retainDays * DAY_MS) break;
      const next = files[index + 1];
      const end = next && (await firstOfSegment(next));
      if (end === undefined || end > (wantedFrom?.() ?? Infinity)) break;
      // a clock that is set to another year must not cost the journal
      if (clockMoved() > DAY_MS && old.length > 0) break;
      if (clockMoved() > DAY_MS)
        throw new Error(`the clock was moved: ${segment.path} is not removed before a restart`);
    }
    total -= status.size;
    old.push(segment);
  }
  return old;
}

/** Each step has its own cost: in steps of a megabyte compression takes a tenth less CPU than in those of 64 kB. */
const STEP_BYTES = 1_048_576;

async function compress({ path }: Segment, folder: string): Promise<void> {
  const temporary = `${path}.gz.tmp`;
  const plain = await open(path);
  try {
    const { mtime } = await plain.stat();
    const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: STEP_BYTES });
    await pipeline(steps(plain), gzip, createWriteStream(temporary, { mode: 0o600 }));
    const handle = await open(temporary, 'r+');
    await handle
      .utimes(mtime, mtime)
      .then(() => handle.sync())
      .finally(() => handle.close());
  } finally {
    await plain.close();
  }
  await rename(temporary, `${path}.gz`);
  await syncFolder(folder);
  await unlink(path);
}

/**
 * The same memory again for each step, because a file in steps of their own would be 64 MB for the collector. All but the last are more
 * than a stream queues, so that each is used up before the next is asked for.
 */
async function* steps(file: FileHandle): AsyncGenerator<Buffer> {
  const step = Buffer.allocUnsafeSlow(STEP_BYTES);
  for (;;) {
    const filled = await fill(step, file);
    if (filled > 0) yield step.subarray(0, filled);
    if (filled < STEP_BYTES) return;
  }
}

/** @returns how far; less than all only at the end of the file */
async function fill(step: Buffer, file: FileHandle): Promise<number> {
  for (let filled = 0; ;) {
    const { bytesRead } = await file.read(step, filled, step.length - filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === step.length) return filled;
  }
}
