// Hands events on to what the team runs already, at least once: the journal itself is the spool, and how far it was handed on stands in
// a file beside it. A receiver that is away costs no memory, and no event as long as the journal is kept.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '@gatehouse/files';
import { RecordTail, type ShippedRecord } from './record.tail.ts';

/** Where events go. The same record may come twice: its sequence and replica tell. */
export interface AuditSink {
  /** Kebab-case: names the file that says how far it is. */
  readonly name: string;
  /** Rejects when they did not arrive: they are sent again. */
  send(records: readonly ShippedRecord[]): Promise<void>;
}

export interface ShipperOptions {
  readonly folder: string;
  /** Number behind the last record that may go: what a power cut could take back stays. By default all. */
  readonly durableSize?: () => number;
  readonly onProblem?: (error: unknown, what: string) => void;
  readonly pollMs?: number;
  readonly maxBackoffMs?: number;
}

/** How far a sink is. */
export interface ShipperStatus {
  readonly sink: string;
  /** Number of the first record that has not arrived. */
  readonly next: number;
  /** How long the oldest event that is under way has waited, in seconds; 0 while nothing does. */
  readonly lagSeconds: number;
  readonly shipped: number;
  readonly failures: number;
  /** Records that retention removed before they could go. */
  readonly missing: number;
}

/** How long the end of a process waits for a receiver, in milliseconds. */
export const STOP_MS = 5_000;

/** Waits until it is done, and no longer. */
export async function within(ms: number, done: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([done, late]).finally(() => clearTimeout(timer));
}

const MAX_BATCH = 500;
/** A receiver has a bound for a body, often a megabyte. */
const MAX_BATCH_BYTES = 524_288;

/** See the head of the file. */
export class Shipper {
  private stopped = false;
  /** What is still under way is none of ours any more: the folder may be another process's. */
  private abandoned = false;
  private wake?: () => void;
  private failing = 0;
  private failures = 0;
  private shipped = 0;
  private next = 0;
  private missing = 0;
  /** Time of the oldest event under way, in milliseconds since 1970. */
  private oldest?: number;
  private readonly running: Promise<void>;

  constructor(
    private readonly sink: AuditSink,
    private readonly options: ShipperOptions,
  ) {
    this.running = this.run();
  }

  status(): ShipperStatus {
    const { next, shipped, failures, missing, oldest } = this;
    const lagSeconds = oldest === undefined ? 0 : Math.max(0, (Date.now() - oldest) / 1_000);
    return { sink: this.sink.name, next, lagSeconds, shipped, failures, missing };
  }

  /** Ends after what is under way, and does not wait long for a receiver that hangs: what it has not taken goes at the next start. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await within(STOP_MS, this.running);
    this.abandoned = true;
  }

  private async run(): Promise<void> {
    const { folder, durableSize } = this.options;
    this.next = await this.position();
    const tail = new RecordTail(folder, this.next);
    let unsent: readonly ShippedRecord[] = [];
    while (!this.stopped) {
      const { records, next } = await tail.read(durableSize?.()).catch((error: unknown) => this.failed(error));
      this.admitGap(tail.missing);
      unsent = records;
      while (unsent.length > 0 && !this.stopped) {
        const batch = batchOf(unsent);
        this.oldest = timeOf(batch[0]?.json ?? '');
        if (!(await this.insist(batch))) break;
        this.shipped += batch.length;
        unsent = unsent.slice(batch.length);
        await this.remember(unsent[0]?.sequence ?? next);
      }
      if (records.length > 0) continue;
      this.oldest = undefined;
      await this.pause(this.options.pollMs ?? 1_000);
    }
    await this.lastWords(tail, unsent).catch((error: unknown) => this.failed(error));
    await tail.close();
  }

  /** What the end of the process left; once, and not where the receiver is away. What does not arrive goes at the next start. */
  private async lastWords(tail: RecordTail, unsent: readonly ShippedRecord[]): Promise<void> {
    if (this.failing > 0) return;
    const records = [...unsent]; // what was read and not sent would be passed over for good
    for (;;) {
      const { records: newest, next } = await tail.read(this.options.durableSize?.());
      records.push(...newest);
      if (records.length > MAX_BATCH) return;
      if (newest.length > 0) continue;
      if (records.length === 0) return;
      await this.sink.send(records);
      return this.remember(next);
    }
  }

  /** A receiver that was away longer than the journal is kept has a gap: that is told, not passed over. */
  private admitGap(missing: number): void {
    if (missing <= this.missing) return;
    const count = missing - this.missing;
    this.missing = missing;
    this.failed(new Error(`${count} records were removed by retention before they arrived`));
  }

  /** Until it arrived, slower and slower; false when it is stopped meanwhile. */
  private async insist(batch: readonly ShippedRecord[]): Promise<boolean> {
    while (!this.stopped) {
      try {
        await this.sink.send(batch);
        this.failing = 0;
        return true;
      } catch (error) {
        this.failed(error);
        await this.pause(Math.min(this.options.maxBackoffMs ?? 60_000, 250 * 2 ** Math.min(this.failing, 10)));
      }
    }
    return false;
  }

  private failed(error: unknown): { records: ShippedRecord[]; next: number } {
    this.failures += 1;
    this.failing += 1;
    this.options.onProblem?.(error, `handing events on to ${this.sink.name}`);
    return { records: [], next: 0 };
  }

  private get file(): string {
    return join(this.options.folder, `shipped-${this.sink.name}`);
  }

  private async position(): Promise<number> {
    return Number(await readFile(this.file, 'utf8').catch(() => '0')) || 0;
  }

  private async remember(next: number): Promise<void> {
    if (this.abandoned) return;
    this.next = next;
    await replaceFile(this.file, `${next}\n`).catch((error: unknown) => this.failed(error));
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** As many as one request takes; at least one. */
function batchOf(records: readonly ShippedRecord[]): readonly ShippedRecord[] {
  let bytes = 0;
  const over = records.findIndex(({ json }, index) => index === MAX_BATCH || (bytes += json.length) > MAX_BATCH_BYTES);
  return over < 0 ? records : records.slice(0, Math.max(1, over));
}

/** Of an event's text, which is canonical: `time` stands before `type_uid`. */
const timeOf = (json: string): number => Number(/"time":(\d{1,15}),"type_uid"/.exec(json)?.[1]) || Date.now();
