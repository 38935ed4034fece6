// Group commit: what arrives while a write or fdatasync is under way goes together in the next one. A caller waits until its record is
// with the kernel (a killed process does not lose it) or on the disk (a power cut does not). Nothing here waits for ever: a disk that is
// full or hung fails the waiters at once, the records stay in memory, and writing goes on by itself when the disk does.
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '@gatehouse/files';
import type { AuditError } from '../audit.error.ts';
import {
  type Batch,
  type Committed,
  type Durability,
  failAll,
  hung,
  type Operation,
  syncData,
  tellAll,
  type Unsynced,
  unwritable,
  writeAll,
} from './commit.batch.ts';
import { CommitPace } from './commit.pace.ts';
import { type Chunk, LineChunks } from './line.chunks.ts';
import { OpenFileWatch } from './open.file.watch.ts';
import { segmentName } from './segment.file.ts';

/** What the queue needs to know. */
export interface CommitQueueOptions {
  readonly folder: string;
  readonly hungAfterMs: number;
  readonly maxQueueBytes: number;
  /** Whether the folder is still ours alone. */
  readonly isOurs?: () => Promise<boolean>;
  /** Told once for each change; undefined when it is well again. */
  readonly onState: (failure: AuditError | undefined) => void;
}

const TICK_MS = 100;
const RETRY_MS = 200;
/** Without anybody who waits for the disk, this much or this old is synced anyway. */
const SYNC_BYTES = 1_048_576;
const SYNC_TICKS = 10;

/** See the head of the file. */
export class CommitQueue {
  private readonly chunks = new LineChunks();
  private readonly batches: Batch[] = [];
  private unsynced: Unsynced[] = [];
  private unsyncedBytes = 0;
  private queuedBytes = 0;
  private writing = false;
  private readonly pace = new CommitPace();
  private syncing?: Promise<void>;
  private failure?: AuditError;
  private sinceSync = 0;
  private readonly watch: OpenFileWatch;
  /** What is under way, and who waits for it. */
  private readonly operations: Operation[] = [];
  private readonly clock: NodeJS.Timeout;
  private readonly idle: (() => void)[] = [];
  /** Lines that are on the disk. */
  private safe = 0;

  /** @param position where the open file ends */
  constructor(
    private readonly options: CommitQueueOptions,
    private segment: number,
    private handle: FileHandle,
    private position: number,
  ) {
    this.watch = new OpenFileWatch(options, (astray) => (astray ? this.fail(astray) : this.recover()));
    this.clock = setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** Why it cannot be written now. */
  get unavailable(): AuditError | undefined {
    return this.failure;
  }

  /** How many lines of those pushed are on the disk. */
  get durableLines(): number {
    return this.safe;
  }

  get full(): boolean {
    return this.queuedBytes > this.options.maxQueueBytes;
  }

  /** The file that is being written; those before it are closed. */
  get openSegment(): number {
    return this.segment;
  }

  /**
   * Room for a line, at the `end` of what is returned. It is written there, and then told by {@link commit}, before the next.
   *
   * @param segment the file that the line belongs to: never an earlier one than before
   */
  room(segment: number, bytes: number): Chunk {
    const chunk = this.chunks.withRoom(bytes);
    const last = this.batches.at(-1);
    if (last?.segment === segment && last.chunk === chunk) return chunk;
    chunk.holders += 1;
    this.batches.push({ segment, chunk, from: chunk.end, to: chunk.end, lines: 0, written: [], durable: [] });
    return chunk;
  }

  /** @param end of the line that was written into the {@link room} */
  commit(end: number, durability: Durability, done?: Committed): void {
    const batch = this.batches.at(-1) as Batch;
    this.queuedBytes += end - batch.to;
    batch.to = batch.chunk.end = end;
    batch.lines += 1;
    if (done) {
      if (this.failure) queueMicrotask(() => done(this.failure));
      else if (durability === 'written') batch.written.push(done);
      else batch.durable.push(done);
    }
    if (this.writing) return;
    this.writing = true;
    setImmediate(() => void this.drain());
  }

  /** Waits until everything is on the disk, `ms` at most, and closes the file. */
  async close(ms: number): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
    await Promise.race([this.settle(), late]);
    clearInterval(this.clock);
    await Promise.race([this.handle.close().catch(() => undefined), late]);
  }

  private async settle(): Promise<void> {
    if (this.writing) await new Promise<void>((resolve) => this.idle.push(resolve));
    await this.syncAll();
  }

  private async drain(): Promise<void> {
    for (;;) {
      await this.pace.wait(this.batches.length === 1);
      const batch = this.batches.shift();
      if (!batch) break; // and nothing may come before `writing` is taken back below
      this.pace.wrote(batch.lines);
      if (batch.segment !== this.segment) await this.next(batch);
      const { position } = this;
      await this.insist([batch.written, batch.durable], () => writeAll(this.handle.fd, batch, position));
      const bytes = batch.to - batch.from;
      this.position += bytes;
      this.queuedBytes -= bytes;
      tellAll(batch.written);
      this.unsynced.push({ batch, position });
      this.unsyncedBytes += bytes;
      if (batch.durable.length > 0 || this.unsyncedBytes > SYNC_BYTES) void this.sync();
    }
    this.writing = false;
    for (const resolve of this.idle.splice(0)) resolve();
  }

  /** The file is full: it is safe before the next one begins. */
  private async next({ segment, written, durable }: Batch): Promise<void> {
    await this.syncAll();
    const [path, old] = [join(this.options.folder, segmentName(segment)), this.handle];
    let opened: FileHandle | undefined;
    await this.insist([written, durable], async () => {
      opened ??= await open(path, 'wx', 0o600);
      await syncFolder(dirname(path));
    });
    this.handle = opened ?? old;
    this.segment = segment;
    this.position = 0;
    await old.close().catch(() => undefined);
  }

  private async syncAll(): Promise<void> {
    while (this.syncing || this.unsynced.length > 0) await this.sync();
  }

  /** One at a time; who comes meanwhile is in the next. */
  private sync(): Promise<void> {
    return (this.syncing ??= this.syncOnce().finally(() => {
      this.syncing = undefined;
      if (this.unsynced.some(({ batch }) => batch.durable.length > 0)) void this.sync();
    }));
  }

  private async syncOnce(): Promise<void> {
    const covered = this.unsynced;
    this.unsynced = [];
    this.unsyncedBytes = 0;
    this.sinceSync = 0;
    let again = false;
    const waiters = covered.map(({ batch }) => batch.durable);
    await this.insist(waiters, async () => {
      // After a failed fdatasync the kernel may have dropped the pages and call the next one a success: they are written once more.
      if (again) for (const { batch, position } of covered) await writeAll(this.handle.fd, batch, position);
      again = true;
      await syncData(this.handle.fd);
    });
    for (const { batch } of covered) {
      this.safe += batch.lines;
      this.chunks.release(batch.chunk);
    }
    for (const durable of waiters) tellAll(durable);
  }

  /** Until it works; who waits is told after the first failure. */
  private async insist(waiters: readonly Committed[][], work: () => Promise<void>): Promise<void> {
    const operation: Operation = { waiters, ticks: 0, failed: false };
    this.operations.push(operation);
    for (;;) {
      try {
        operation.ticks = 0;
        await work();
        break;
      } catch (error) {
        operation.failed = true;
        this.fail(unwritable(this.options.folder, error as NodeJS.ErrnoException));
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
    this.operations.splice(this.operations.indexOf(operation), 1);
    this.recover();
  }

  /** Ticks, not time: a process that was itself held up has not seen the disk hang. */
  private tick(): void {
    if (this.unsynced.length > 0 && ++this.sinceSync > SYNC_TICKS) void this.sync();
    this.watch.tick(this.segment, this.handle);
    for (const operation of this.operations) {
      operation.ticks += 1;
      if (operation.failed || operation.ticks * TICK_MS < this.options.hungAfterMs) continue;
      operation.failed = true;
      this.fail(hung(this.options.folder));
    }
  }

  private fail(failure: AuditError): void {
    const first = this.failure === undefined;
    this.failure = failure;
    for (const { waiters } of this.operations) failAll(waiters, failure);
    for (const { written, durable } of this.batches) failAll([written, durable], failure);
    for (const { batch } of this.unsynced) failAll([batch.durable], failure);
    if (first) this.options.onState(failure);
  }

  /** When nothing that is under way has failed, and the file is where it is looked for. */
  private recover(): void {
    if (this.failure === undefined || this.watch.astray || this.operations.some(({ failed }) => failed)) return;
    this.failure = undefined;
    this.options.onState(undefined);
  }
}
