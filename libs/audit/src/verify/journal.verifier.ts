// Reads a journal from its first record to its last, once and in little memory, and says whether it is what was written: the chain,
// the tree, and each signed checkpoint that it meets. Stops at the first record that is wrong and says what was done to it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { NoteVerifier } from '../checkpoint/signed.note.ts';
import { GENESIS, leafOfBytes, readRecord } from '../journal/record.line.ts';
import {
  headerLine,
  isMissing,
  listSegments,
  readHeader,
  readLines,
  type Segment,
  type SegmentStart,
} from '../journal/segment.file.ts';
import { CompactRange } from '../merkle/compact.range.ts';
import { verifiersOf } from './known.keys.ts';
import { diagnose, type Tampering } from './tampering.diagnosis.ts';
import type { Finding, Verification, VerifyOptions } from './verification.ts';

/** @throws AuditError `checkpoint-invalid` for a key or a checkpoint that is none */
export async function verifyJournal(folder: string, options: VerifyOptions = {}): Promise<Verification> {
  const notes: string[] = [];
  const verifiers = await verifiersOf(folder, options, notes);
  const known = (options.checkpoints ?? []).map((note) => ({ ...openCheckpoint(note, verifiers), kept: true }));
  for (let tries = 1; ; tries++) {
    const beside = await readFile(join(folder, 'checkpoint'), 'utf8').catch(() => undefined);
    const walk = new JournalWalk(verifiers, [...known], [...notes]);
    if (beside !== undefined) walk.expectBeside(beside);
    const found = await walk.run(await listSegments(folder));
    if (!walk.overtaken || tries === TRIES) return found;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** A living journal may remove its oldest files while they are read: then it is read again from where it begins now. */
const TRIES = 20;
const PAUSE_MS = 100;

/** Whether it was kept elsewhere, or lay beside the journal. */
type ExpectedCheckpoint = Checkpoint & { readonly kept: boolean };

/** Ends the walk. */
class Stop extends Error {
  constructor(readonly finding: Finding) {
    super(finding.message);
  }
}

/** Lines that are looked at to tell what was done to the record before them. */
const LOOK_AHEAD = 4_096;

class JournalWalk {
  private tree = new CompactRange();
  private previous = GENESIS;
  private writer = '';
  private first = 0;
  private provenSize = 0;
  private met = 0;
  /** The last checkpoint that agreed: what was re-chained lies behind it. With the stolen key those of the journal agree too. */
  private agreed = 0;
  /** The last one that was kept elsewhere and agreed. */
  private keptAgreed = 0;
  private removedThrough = 0;
  private firstSegment = 1;
  private fileGone = false;

  /** Whether a file went while the journal was read: what was found says nothing. */
  get overtaken(): boolean {
    return this.fileGone;
  }

  constructor(
    private readonly verifiers: readonly NoteVerifier[],
    private readonly expected: ExpectedCheckpoint[],
    private readonly notes: string[],
  ) {}

  /** The folder's own copy counts as well: it is there, and may be newer than the one that was kept elsewhere. */
  expectBeside(note: string): void {
    try {
      this.expected.push({ ...openCheckpoint(note, this.verifiers), kept: false });
    } catch {
      this.besideInvalid = true;
    }
  }
  private besideInvalid = false;

  async run(segments: readonly Segment[]): Promise<Verification> {
    let finding: Finding | undefined;
    try {
      for (const [index, segment] of segments.entries()) await this.read(segment, index, segments.length);
      this.compareExpected();
      this.finish(segments.length);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      ({ finding } = error);
    }
    const { first, provenSize, notes, met } = this;
    return { finding, records: this.tree.size - first, first, provenSize, checkpoints: met, notes };
  }

  private async read(segment: Segment, index: number, count: number): Promise<void> {
    let atHeader = true;
    let lines: Buffer[] = [];
    const source = readLines(segment);
    for (let ended = false; !ended;) {
      const next = await source.next().catch((error: unknown) => {
        this.fileGone = isMissing(error);
        throw this.stop('changed', this.tree.size, `${segment.path} cannot be read: ${String(error)}`);
      });
      if (next.done) break;
      ended = next.value.rest !== undefined;
      lines = [...lines, ...next.value.lines];
      if (atHeader && lines.length > 0) {
        this.header(lines.shift() as Buffer, segment, index);
        atHeader = false;
      }
      // while more is to come, enough stays back to be looked at
      const until = ended ? lines.length : Math.max(0, lines.length - LOOK_AHEAD);
      for (let at = 0; at < until; at++)
        this.record(lines[at] as Buffer, () => lines.slice(at + 1, at + 1 + LOOK_AHEAD));
      lines = lines.slice(until);
      const torn = next.value.rest?.length ?? 0;
      if (torn > 0) this.torn(torn, segment, index === count - 1);
    }
    if (!atHeader) return;
    // the next file of a living journal is empty for a moment, and stays so when the process is killed in it
    if (index === 0 || index < count - 1) throw this.stop('truncated', this.tree.size, `${segment.path} has no header`);
    this.notes.push(`${segment.path} is only being begun`);
  }

  private header(line: Buffer, { number, path }: Segment, index: number): void {
    const start = readHeader(line);
    if (!start || start.segment !== number)
      throw this.stop('changed', this.tree.size, `the header of ${path} was changed`);
    if (index === 0) return this.begin(start);
    const { previous, tree, writer } = this;
    if (headerLine({ segment: number, writer, previous, tree }) === `${line.toString('utf8')}\n`) return;
    const missing = start.tree.size - this.tree.size;
    if (missing > 0) throw this.stop('removed', this.tree.size, `${missing} records before ${path} were removed`);
    throw this.stop('re-chained', this.agreed, `${path} does not continue the records before it`);
  }

  private begin(start: SegmentStart): void {
    ({ tree: this.tree, previous: this.previous, writer: this.writer } = start);
    this.first = start.tree.size;
    this.agreed = this.keptAgreed = this.first;
    this.firstSegment = start.segment;
    if (start.segment === 1 && (this.first !== 0 || this.previous !== GENESIS))
      throw this.stop('changed', 0, 'the header of the first file was changed');
  }

  private record(line: Buffer, following: () => readonly Buffer[]): void {
    const record = readRecord(line);
    const leaf = record && leafOfBytes(this.previous, record.json);
    if (!record || !leaf || leaf.toString('base64url') !== record.hash) {
      const { kind, message } = diagnose(line, following(), this.previous, this.tree.size);
      throw this.stop(kind, this.tree.size, message);
    }
    this.compareExpected();
    if (record.json.toString('latin1', 0, CHECKPOINT.length) === CHECKPOINT) this.meet(record.json);
    else if (record.json.includes(REMOVED)) this.noteRemoval(record.json);
    this.tree.append(leaf);
    this.previous = record.hash;
  }

  /** A checkpoint in the journal itself: over all records before it. */
  private meet(json: Buffer): void {
    const { checkpoint: note } = JSON.parse(json.toString('utf8')) as { checkpoint: string };
    let checkpoint: Checkpoint;
    try {
      checkpoint = openCheckpoint(note, this.verifiers);
    } catch {
      throw this.stop('re-chained', this.agreed, `no known key signed the checkpoint at record ${this.tree.size}`);
    }
    this.compare({ ...checkpoint, kept: false }, 'the checkpoint in the journal');
    this.met += 1;
  }

  private compareExpected(): void {
    for (const checkpoint of this.expected)
      if (checkpoint.size === this.tree.size)
        this.compare(checkpoint, checkpoint.kept ? 'the checkpoint that was kept' : 'the checkpoint of the folder');
  }

  private compare({ origin, size, root, kept }: ExpectedCheckpoint, which: string): void {
    const from = kept ? this.keptAgreed : this.agreed;
    const ours = origin.endsWith(`/${this.writer}`);
    if (!ours || size !== this.tree.size || !root.equals(this.tree.root())) {
      const message = ours
        ? `records from ${from} up to ${this.tree.size} are not those that ${which} was signed over`
        : `${which} is of another journal`;
      throw this.stop('re-chained', from, message);
    }
    this.agreed = size;
    if (kept) this.keptAgreed = size;
    this.provenSize = Math.max(this.provenSize, size);
  }

  private noteRemoval(json: Buffer): void {
    const { status_code: code, unmapped } = JSON.parse(json.toString('utf8')) as {
      status_code?: string;
      unmapped?: { fields?: { through?: number } };
    };
    if (code === 'segments-removed')
      this.removedThrough = Math.max(this.removedThrough, unmapped?.fields?.through ?? 0);
  }

  private torn(bytes: number, { path }: Segment, last: boolean): void {
    if (!last) throw this.stop('truncated', this.tree.size, `${path} ends within record ${this.tree.size}`);
    this.notes.push(
      `record ${this.tree.size} is cut off (${bytes} bytes): the process is writing it, or was killed while it did`,
    );
  }

  private finish(files: number): void {
    if (files === 0) throw this.stop('removed', 0, 'there is no file of a journal');
    const missing = this.expected.filter(({ size }) => size > this.tree.size);
    if (missing.length > 0) {
      const size = Math.max(...missing.map((checkpoint) => checkpoint.size));
      throw this.stop(
        'truncated',
        this.tree.size,
        `${size - this.tree.size} records at the end are missing: a checkpoint has ${size}`,
      );
    }
    if (this.firstSegment > 1 && this.removedThrough < this.firstSegment - 1)
      throw this.stop('removed', 0, `the files before ${this.firstSegment} are gone, and no retention removed them`);
    if (this.firstSegment > 1) this.notes.push(`records before ${this.first} were removed by retention`);
    if (this.besideInvalid)
      throw this.stop('re-chained', this.agreed, 'no known key signed the checkpoint of the folder');
    if (this.provenSize < this.tree.size)
      this.notes.push(`no checkpoint vouches for the records from ${this.provenSize} on yet`);
  }

  private stop(kind: Tampering, record: number, message: string): Stop {
    return new Stop({ kind, record, message });
  }
}

const CHECKPOINT = '{"checkpoint":';
const REMOVED = Buffer.from('"segments-removed"');
