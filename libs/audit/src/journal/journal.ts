// The journal of one process: a chain of records, a Merkle tree over them, signed checkpoints; see docs/audit.md.
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileLock, privateFolder, syncFolder } from '@gatehouse/files';
import { AuditError } from '../audit.error.ts';
import { signCheckpoint } from '../checkpoint/checkpoint.ts';
import { noteSigner, type NoteSigner } from '../checkpoint/signed.note.ts';
import { canonicalJson } from '../event/canonical.json.ts';
import type { AuditedFields } from '../event/request.event.ts';
import { lifecycleEvent } from '../event/system.event.ts';
import { CompactRange } from '../merkle/compact.range.ts';
import type { Committed, Durability } from './commit.batch.ts';
import { CommitQueue } from './commit.queue.ts';
import { CheckpointFiles } from './checkpoint.files.ts';
import { lockJournal } from './journal.lock.ts';
import { type JournalOptions, type MakeEvent, unusable } from './journal.options.ts';
import { type JournalEnd, recoverJournal } from './journal.recovery.ts';
import { keepTidy } from './journal.retention.ts';
import { GENESIS, recordSpace, writeRecord } from './record.line.ts';
import { headerLine, segmentName } from './segment.file.ts';

const CLOSE_MS = 5_000;
const TIDY_MS = 60_000;

/** See the head of the file. */
export class Journal {
  private readonly queue: CommitQueue;
  private signer: NoteSigner;
  private readonly checkpoints: CheckpointFiles;
  private readonly timers: NodeJS.Timeout[];
  private readonly tree: CompactRange;
  private segment: number;
  private segmentBytes: number;
  private previous: string;
  /** Size of the tree when it was last signed: with nothing new there is nothing to sign. */
  private signedSize = -1;
  private latest?: { readonly note: string; readonly key: string };
  private lost = 0;
  /** Records before the first line of this process, less the headers among its lines. */
  private offset: number;
  private closed = false;
  private tidying?: Promise<void>;

  private constructor(
    private readonly options: JournalOptions,
    readonly writer: string,
    queue: (onState: (failure: AuditError | undefined) => void) => CommitQueue,
    end: Pick<JournalEnd, 'segment' | 'previous' | 'tree' | 'position'>,
    private readonly lock: FileLock,
  ) {
    ({ segment: this.segment, previous: this.previous, tree: this.tree, position: this.segmentBytes } = end);
    this.offset = this.tree.size;
    this.signer = noteSigner(`gatehouse/${options.service}`, options.signingKey);
    this.checkpoints = new CheckpointFiles(options.folder, options.exportCheckpointsTo);
    this.queue = queue((failure) => this.changed(failure));
    this.timers = [
      setInterval(() => this.checkpoint(), options.checkpointSeconds * 1_000).unref(),
      setInterval(() => void this.tidy(), TIDY_MS).unref(),
    ];
  }

  /**
   * Opens the journal of a folder, or begins one.
   *
   * @throws AuditError `journal-busy`, `journal-damaged` or `journal-unwritable`
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const { folder, service } = options;
    try {
      await privateFolder(folder);
    } catch (error) {
      throw unusable(folder, error);
    }
    const lock = await lockJournal(folder).catch((error: unknown) => {
      throw unusable(folder, error);
    });
    try {
      const found = await recoverJournal(folder);
      const writer = found?.writer ?? randomBytes(8).toString('hex');
      const end = found ?? { segment: 1, previous: GENESIS, tree: new CompactRange(), position: 0, tornBytes: 0 };
      const handle = await open(join(folder, segmentName(end.segment)), found ? 'r+' : 'w', 0o600);
      await syncFolder(folder);
      const queue = (onState: (failure: AuditError | undefined) => void) =>
        new CommitQueue({ ...options, onState, isOurs: lock.isOurs }, end.segment, handle, end.position);
      const journal = new Journal(options, writer, queue, end, lock);
      if (!found) journal.begin();
      await journal.note('started', 'journal-opened', { service, tornBytes: end.tornBytes });
      await journal.checkpoints.publishKey(journal.verifier);
      journal.checkpoint();
      return journal;
    } catch (error) {
      await lock.release();
      throw unusable(folder, error);
    }
  }

  /** Where it is. */
  get folder(): string {
    return this.options.folder;
  }

  /** Number of records. */
  get size(): number {
    return this.tree.size;
  }

  /** Records that a power cut does not lose: what may be handed on. Up to a header behind while a file is being closed. */
  get durableSize(): number {
    return Math.max(0, this.offset + this.queue.durableLines);
  }

  /** Why it cannot be written now; undefined while it can. */
  get unavailable(): AuditError | undefined {
    return this.queue.unavailable;
  }

  /** Whether it can take nothing more, so that no call may be carried out. */
  get full(): boolean {
    return this.queue.full || this.closed;
  }

  /** The last checkpoint that is on the disk, with its key; undefined until the first is. */
  get lastCheckpoint(): { readonly note: string; readonly key: string } | undefined {
    return this.latest;
  }

  /** The key that checkpoints are checked with, as one line. */
  get verifier(): string {
    return this.signer.verifier;
  }

  /**
   * Writes an event down.
   *
   * @param done called when it is as safe as `durability` says, or with why it is not; the record is then kept and written later
   */
  append(make: MakeEvent, durability: Durability, done?: Committed): void {
    if (this.full) return this.refuse(done);
    if (this.lost > 0) this.admitLoss();
    const json = make(this.tree.size, Date.now());
    if (this.segmentBytes >= this.options.maxSegmentBytes) {
      this.segment += 1;
      this.begin();
    }
    const chunk = this.queue.room(this.segment, recordSpace(json));
    const { end, leaf } = writeRecord(chunk.bytes, chunk.end, this.previous, json);
    this.segmentBytes += end - chunk.end;
    this.tree.append(leaf);
    this.previous = leaf;
    this.queue.commit(end, durability, done);
  }

  /** Signs the state, unless nothing has happened since. The signature becomes a record too, so that it cannot be taken out. */
  checkpoint(): void {
    if (this.tree.size === this.signedSize || this.unavailable || this.full) return;
    const checkpoint = { origin: `${this.signer.name}/${this.writer}`, size: this.tree.size, root: this.tree.root() };
    const note = signCheckpoint(checkpoint, this.signer);
    const key = this.verifier;
    const make: MakeEvent = (sequence, time) => canonicalJson({ checkpoint: note, sequence, time });
    this.append(make, 'durable', (error) => {
      if (error) return;
      this.latest = { note, key };
      this.options.onCheckpoint?.(this.latest);
      void this.checkpoints
        .publish(note)
        .catch((cause: unknown) => this.options.onProblem?.(cause, 'checkpoint export'));
    });
    this.signedSize = this.tree.size;
  }

  /** Signs with another key from the next checkpoint on; the former one stays good for what it signed. */
  useSigningKey(seed: Uint8Array): void {
    this.checkpoint();
    this.signer = noteSigner(this.signer.name, seed);
    const report = (error: unknown) => this.options.onProblem?.(error, 'publication of the key');
    void this.checkpoints.publishKey(this.verifier).catch(report);
  }

  /** The last words, a last checkpoint, and the folder is free. Bounded, also when the disk hangs. */
  async close(): Promise<void> {
    if (this.closed) return;
    for (const timer of this.timers) clearInterval(timer);
    await Promise.race([this.note('stopped', 'journal-closed').catch(() => undefined), delay(CLOSE_MS)]);
    await Promise.race([this.tidying, delay(CLOSE_MS)]);
    this.checkpoint();
    this.closed = true;
    await this.queue.close(CLOSE_MS);
    await this.checkpoints.settled();
    await this.lock.release();
  }

  /** What happened to the journal itself. */
  note(activity: 'started' | 'stopped' | 'other', reason: string, fields?: AuditedFields): Promise<void> {
    const owner = { service: this.options.service, replica: this.writer };
    return new Promise((resolve, reject) =>
      this.append(
        (sequence, time) => lifecycleEvent(owner, activity, reason, fields, sequence, time),
        'durable',
        (error) => (error ? reject(error) : resolve()),
      ),
    );
  }

  private refuse(done?: Committed): void {
    this.lost += 1;
    if (this.closed) done?.(new AuditError('journal-closed', 'the journal is closed', 'The process is ending.'));
    else done?.(new AuditError('journal-full', 'too many events wait', 'Make the journal writable again.'));
  }

  private begin(): void {
    const { segment, writer, previous, tree } = this;
    const header = headerLine({ segment, writer, previous, tree });
    const chunk = this.queue.room(segment, header.length);
    this.segmentBytes = chunk.bytes.write(header, chunk.end, 'latin1');
    this.offset -= 1;
    this.queue.commit(chunk.end + this.segmentBytes, 'queued');
    if (segment > 1) setTimeout(() => void this.tidy(), 1_000).unref();
  }

  private changed(failure: AuditError | undefined): void {
    this.options.onState?.(failure);
    if (!failure) void this.note('other', 'journal-recovered').catch(() => undefined);
  }

  /** What could not be taken is at least counted. */
  private admitLoss(): void {
    const count = this.lost;
    this.lost = 0;
    void this.note('other', 'events-lost', { count }).catch(() => undefined);
  }

  /** One at a time: a file is compressed once. */
  private tidy(): Promise<void> {
    return (this.tidying ??= this.tidyOnce().finally(() => (this.tidying = undefined)));
  }

  private async tidyOnce(): Promise<void> {
    if (this.closed || this.unavailable) return;
    try {
      await keepTidy(this.options, this.queue.openSegment, (through) =>
        this.note('other', 'segments-removed', { through }),
      );
    } catch (error) {
      if (!this.closed) this.options.onProblem?.(error, 'compression or retention');
    }
  }
}

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
