// Follows a journal that is being written: each record once, in order, across files, a chunk at a time and without reading anything twice.
import { readRecord } from '../journal/record.line.ts';
import { type Lines, listSegments, readHeader, readLines, type Segment } from '../journal/segment.file.ts';
import { firstOfSegment, isCheckpoint } from '../read/record.reader.ts';

/** An event as it is handed on. */
export interface ShippedRecord {
  readonly sequence: number;
  readonly json: string;
}

/** Ends of files in a row, before there is nothing new. */
const ENDS = 8;

/** See the head of the file. */
export class RecordTail {
  private source?: { readonly segment: Segment; readonly lines: AsyncGenerator<Lines>; offset: number };
  private pending: Buffer[] = [];
  private sequence = 0;
  /** Where the file was read to when the one behind it was first seen: nothing is written to it after that. */
  private closing = -1;
  /** Records that were gone before they could be read: retention was faster. */
  private gone = 0;

  /** @param from number of the first record that is wanted */
  constructor(
    private readonly folder: string,
    private from: number,
  ) {}

  /** How many records are missing before the first that was read. */
  get missing(): number {
    return this.gone;
  }

  /**
   * What has come since, checkpoints left out; empty when there is nothing yet. `next` is where to go on after a restart.
   * @param to number behind the last record that may be read
   */
  async read(to = Infinity): Promise<{ records: ShippedRecord[]; next: number }> {
    try {
      if (!this.source && !(await this.begin())) return { records: [], next: this.from };
      for (let ends = 0; ends < ENDS;) {
        if (this.pending.length === 0 && !(await this.fill())) ends += 1;
        const records = this.take(to);
        if (records.length > 0) return { records, next: this.sequence };
        if (this.pending.length > 0) break; // they may not be read yet
      }
    } catch (error) {
      // retention may have taken the file: begin anew where this one ended
      this.from = Math.max(this.sequence, this.from);
      this.source = undefined;
      throw error;
    }
    return { records: [], next: Math.max(this.sequence, this.from) };
  }

  async close(): Promise<void> {
    await this.source?.lines.return(undefined);
    this.source = undefined;
  }

  /** The last file that does not begin behind what is wanted. */
  private async begin(): Promise<boolean> {
    let wanted: Segment | undefined;
    for (const segment of await listSegments(this.folder)) {
      const first = await firstOfSegment(segment);
      if (first === undefined || (wanted && first > this.from)) break;
      if (!wanted) this.gone = Math.max(0, first - this.from);
      wanted = segment;
    }
    if (wanted) this.enter(wanted, 0);
    return wanted !== undefined;
  }

  /** The next lines: of this file, or of the one behind it when this one is read to its end; false when it brought none. */
  private async fill(): Promise<boolean> {
    const { source } = this;
    if (!source) return false;
    const { done, value } = await source.lines.next();
    if (!done) {
      this.pending = value.lines;
      for (const line of value.lines) source.offset += line.length + 1;
      return true;
    }
    const next = (await listSegments(this.folder)).find(({ number }) => number > source.segment.number);
    const isOver = next && source.offset === this.closing;
    this.enter(isOver ? next : source.segment, isOver ? 0 : source.offset);
    if (next && !isOver) this.closing = source.offset;
    return false;
  }

  private enter(segment: Segment, offset: number): void {
    this.source = { segment, lines: readLines(segment, offset), offset };
    this.closing = -1;
  }

  private take(to: number): ShippedRecord[] {
    const records: ShippedRecord[] = [];
    let used = 0;
    for (const line of this.pending) {
      const start = readHeader(line);
      if (start) this.sequence = start.tree.size;
      const record = start ? undefined : readRecord(line);
      if (record && this.sequence >= to) break;
      used += 1;
      if (!record) continue;
      const { sequence } = this;
      this.sequence += 1;
      if (sequence < this.from) continue;
      const json = record.json.toString('utf8');
      if (!isCheckpoint(json)) records.push({ sequence, json });
    }
    this.pending = this.pending.slice(used);
    return records;
  }
}
