// Follows a journal that is being written: each record once, in order, across files, without reading anything twice.
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { readRecord } from '../journal/record.line.ts';
import { listSegments, readHeader, type Segment } from '../journal/segment.file.ts';
import { isCheckpoint } from '../read/record.reader.ts';

/** An event as it is handed on. */
export interface ShippedRecord {
  readonly sequence: number;
  readonly json: string;
}

const CHUNK_BYTES = 262_144;

/** See the head of the file. */
export class RecordTail {
  private source?: { segment: Segment; handle?: FileHandle; bytes?: Buffer };
  private offset = 0;
  private rest: Buffer = Buffer.alloc(0);
  private sequence = 0;

  /** @param from number of the first record that is wanted */
  constructor(
    private readonly folder: string,
    private readonly from: number,
  ) {}

  /** What has come since, checkpoints left out; empty when there is nothing yet. `next` is where to go on after a restart. */
  async read(): Promise<{ records: ShippedRecord[]; next: number }> {
    if (!this.source && !(await this.begin())) return { records: [], next: this.from };
    let chunk = await this.chunk();
    if (chunk.length === 0 && (await this.advance())) chunk = await this.chunk();
    const records = this.take(chunk);
    return { records, next: Math.max(this.sequence, this.from) };
  }

  async close(): Promise<void> {
    await this.source?.handle?.close();
    this.source = undefined;
  }

  /** The last file that does not begin behind what is wanted. */
  private async begin(): Promise<boolean> {
    let wanted: Segment | undefined;
    for (const segment of await listSegments(this.folder)) {
      const first = await firstOf(segment);
      if (first === undefined || (wanted && first > this.from)) break;
      wanted = segment;
    }
    if (wanted) await this.enter(wanted);
    return wanted !== undefined;
  }

  /** To the file behind the one that is read to its end; one that is being written is the last. */
  private async advance(): Promise<boolean> {
    const current = this.source?.segment.number ?? 0;
    const next = (await listSegments(this.folder)).find(({ number }) => number > current);
    if (!next || this.rest.length > 0) return false;
    await this.close();
    await this.enter(next);
    return true;
  }

  private async enter(segment: Segment): Promise<void> {
    const bytes = segment.compressed ? await unpack(segment) : undefined;
    this.source = { segment, ...(bytes ? { bytes } : { handle: await open(segment.path, 'r') }) };
    this.offset = 0;
    this.rest = Buffer.alloc(0);
  }

  private async chunk(): Promise<Buffer> {
    const { bytes, handle } = this.source ?? {};
    let chunk = bytes?.subarray(this.offset, this.offset + CHUNK_BYTES);
    if (handle) {
      const buffer = Buffer.alloc(CHUNK_BYTES);
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, this.offset);
      chunk = buffer.subarray(0, bytesRead);
    }
    this.offset += chunk?.length ?? 0;
    return chunk ?? Buffer.alloc(0);
  }

  private take(chunk: Buffer): ShippedRecord[] {
    const bytes = Buffer.concat([this.rest, chunk]);
    const records: ShippedRecord[] = [];
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      const line = bytes.subarray(from, end);
      from = end + 1;
      const start = readHeader(line);
      if (start) this.sequence = start.tree.size;
      const record = start ? undefined : readRecord(line);
      if (!record) continue;
      const { sequence } = this;
      this.sequence += 1;
      const json = record.json.toString('utf8');
      if (sequence >= this.from && !isCheckpoint(json)) records.push({ sequence, json });
    }
    this.rest = bytes.subarray(from);
    return records;
  }
}

async function firstOf(segment: Segment): Promise<number | undefined> {
  const bytes = segment.compressed ? await unpack(segment) : await head(segment);
  return readHeader(bytes.subarray(0, bytes.indexOf(10)))?.tree.size;
}

async function head({ path }: Segment): Promise<Buffer> {
  const handle = await open(path, 'r');
  const buffer = Buffer.alloc(8_192);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0).finally(() => handle.close());
  return buffer.subarray(0, bytesRead);
}

const unpack = async ({ path }: Segment): Promise<Buffer> => promisify(gunzip)(await readFile(path));
