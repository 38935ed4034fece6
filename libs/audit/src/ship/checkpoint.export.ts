// The signed state, out of the reach of whoever takes this machine: each checkpoint goes where the team keeps them, until it arrived or a
// newer one overtakes it.
import { createHash } from 'node:crypto';
import { expectArrived, httpsOnly, type Send, sendByFetch } from './send.ts';
import { STOP_MS, within } from './shipper.ts';
import { signatureHeaders } from './webhook.sink.ts';

/** A checkpoint, and what it is checked with. */
export interface SignedCheckpoint {
  readonly note: string;
  readonly key: string;
}

/** Where checkpoints are kept. */
export interface CheckpointSink {
  /** Kebab-case. */
  readonly name: string;
  /** Rejects when it did not arrive: it is sent again. */
  put(checkpoint: SignedCheckpoint): Promise<void>;
}

export interface CheckpointExportOptions {
  readonly onProblem?: (error: unknown, what: string) => void;
  readonly maxBackoffMs?: number;
}

/** See the head of the file. */
export class CheckpointExport {
  private waiting?: SignedCheckpoint;
  private running?: Promise<void>;
  private stopped = false;
  private wake?: () => void;
  /** When the last one arrived, in milliseconds since 1970; 0 before the first. */
  private arrivedAt = 0;

  constructor(
    private readonly sink: CheckpointSink,
    private readonly options: CheckpointExportOptions = {},
  ) {}

  /** Of the sink. */
  get name(): string {
    return this.sink.name;
  }

  get lastExport(): number {
    return this.arrivedAt;
  }

  offer(checkpoint: SignedCheckpoint): void {
    this.waiting = checkpoint;
    this.wake?.();
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** Tries what waits once more, and ends; without waiting long for a receiver that hangs. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await within(STOP_MS, this.running);
  }

  private async run(): Promise<void> {
    for (let failures = 0; this.waiting !== undefined;) {
      const checkpoint = this.waiting;
      try {
        await this.sink.put(checkpoint);
        this.arrivedAt = Date.now();
        failures = 0;
        if (this.waiting === checkpoint) this.waiting = undefined;
      } catch (error) {
        failures += 1;
        this.options.onProblem?.(error, `handing a checkpoint on to ${this.sink.name}`);
        if (this.stopped) return;
        await this.pause(Math.min(this.options.maxBackoffMs ?? 60_000, 500 * 2 ** Math.min(failures, 10)));
      }
    }
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

export interface CheckpointPutOptions {
  /** https only. The last segment of the path of each PUT is the checkpoint's origin: replicas do not overwrite each other. */
  readonly url: URL;
  readonly key: () => Uint8Array;
  readonly send?: Send;
}

/**
 * By PUT. The request is signed as a webhook is; the checkpoint is signed itself.
 *
 * @throws TypeError for an address that is not https
 */
export function checkpointPut({ url, key, send = sendByFetch }: CheckpointPutOptions): CheckpointSink {
  httpsOnly(url, 'the receiver of checkpoints');
  return {
    name: 'checkpoints',
    async put({ note }) {
      const origin = note.slice(0, note.indexOf('\n')).replaceAll('/', '_');
      const target = new URL(url);
      target.pathname = `${url.pathname.replace(/\/$/, '')}/${encodeURIComponent(origin)}`;
      const id = `checkpoint_${createHash('sha256').update(note).digest('base64url').slice(0, 32)}`;
      const headers = { 'content-type': 'text/plain; charset=utf-8', ...signatureHeaders(id, note, key()) };
      expectArrived(await send(target, { method: 'PUT', headers, body: note }), 'the receiver of checkpoints');
    },
  };
}
