// The journal may not fill the disk: closed files are compressed, and the oldest removed after their time or when all is too large. A
// removal is an event of the journal, so that it can be told from a theft.
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, stat, unlink } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { syncFolder } from './private.files.ts';
import { listSegments, type Segment } from './segment.file.ts';

/** What decides. */
export interface RetentionOptions {
  readonly folder: string;
  readonly retainDays: number;
  readonly maxTotalBytes: number;
}

const DAY_MS = 86_400_000;

/**
 * @param current the file that is being written
 * @param announce writes down, durably, that all files up to this one go
 */
export async function keepTidy(
  { folder, retainDays, maxTotalBytes }: RetentionOptions,
  current: number,
  announce: (through: number) => Promise<void>,
): Promise<void> {
  const closed = (await listSegments(folder)).filter(({ number }) => number < current);
  for (const segment of closed) if (!segment.compressed) await compress(segment, folder);
  const files = await Promise.all(
    (await listSegments(folder)).map(async (segment) => ({ ...segment, status: await stat(segment.path) })),
  );
  let total = files.reduce((sum, { status }) => sum + status.size, 0);
  const old: Segment[] = [];
  for (const { status, ...segment } of files) {
    if (segment.number >= current) break;
    if (total <= maxTotalBytes && Date.now() - status.mtimeMs < retainDays * DAY_MS) break;
    total -= status.size;
    old.push(segment);
  }
  const last = old.at(-1)?.number;
  if (last === undefined) return;
  await announce(last);
  for (const { path } of old) await unlink(path);
}

/** Each step of a stream has its own cost: in steps of a megabyte compression costs half as much as in those of 64 kB. */
const STEP_BYTES = 1_048_576;

async function compress({ path }: Segment, folder: string): Promise<void> {
  const temporary = `${path}.gz.tmp`;
  const { mtime } = await stat(path);
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: STEP_BYTES });
  await pipeline(
    createReadStream(path, { highWaterMark: STEP_BYTES }),
    gzip,
    createWriteStream(temporary, { mode: 0o600 }),
  );
  const handle = await open(temporary, 'r+');
  await handle
    .utimes(mtime, mtime)
    .then(() => handle.sync())
    .finally(() => handle.close());
  await rename(temporary, `${path}.gz`);
  await syncFolder(folder);
  await unlink(path);
}
