// Hands events on to what the team runs already, at least once: the journal itself is the spool, and how far it was handed on stands in
// a file beside it. A receiver that is away costs no memory, and no event as long as the journal is kept.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../journal/private.files.ts';
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
  readonly onProblem?: (error: unknown, what: string) => void;
  readonly pollMs?: number;
  readonly maxBackoffMs?: number;
}

const MAX_BATCH = 500;

/** See the head of the file. */
export class Shipper {
  private stopped = false;
  private wake?: () => void;
  private failures = 0;
  private readonly running: Promise<void>;

  constructor(
    private readonly sink: AuditSink,
    private readonly options: ShipperOptions,
  ) {
    this.running = this.run();
  }

  /** Ends after what is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    const { folder } = this.options;
    const tail = new RecordTail(folder, await this.position());
    while (!this.stopped) {
      const { records, next } = await tail.read().catch((error: unknown) => this.failed(error));
      for (let from = 0; from < records.length && !this.stopped; from += MAX_BATCH) {
        const batch = records.slice(from, from + MAX_BATCH);
        if (!(await this.insist(batch))) break;
        const last = batch.at(-1)?.sequence ?? 0;
        await this.remember(from + MAX_BATCH >= records.length ? next : last + 1);
      }
      if (records.length === 0) await this.pause(this.options.pollMs ?? 1_000);
    }
    await tail.close();
  }

  /** Until it arrived, slower and slower; false when it is stopped meanwhile. */
  private async insist(batch: readonly ShippedRecord[]): Promise<boolean> {
    while (!this.stopped) {
      try {
        await this.sink.send(batch);
        this.failures = 0;
        return true;
      } catch (error) {
        this.failed(error);
        await this.pause(Math.min(this.options.maxBackoffMs ?? 60_000, 250 * 2 ** Math.min(this.failures, 10)));
      }
    }
    return false;
  }

  private failed(error: unknown): { records: ShippedRecord[]; next: number } {
    this.failures += 1;
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
