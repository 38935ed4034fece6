// The signed state, out of the reach of whoever takes this machine: each checkpoint goes to an address of the team's, until it arrived or
// a newer one overtakes it. The request is signed as a webhook is; the checkpoint is signed itself.
import { createHash } from 'node:crypto';
import { expectArrived, httpsOnly, type Send, sendByFetch } from './send.ts';
import { signatureHeaders } from './webhook.sink.ts';

export interface CheckpointExportOptions {
  /** https only. The last segment of the path of each PUT is the checkpoint's origin: replicas do not overwrite each other. */
  readonly url: URL;
  readonly key: () => Uint8Array;
  readonly send?: Send;
  readonly onProblem?: (error: unknown, what: string) => void;
  readonly maxBackoffMs?: number;
}

/** See the head of the file. */
export class CheckpointExport {
  private waiting?: string;
  private running?: Promise<void>;
  private stopped = false;
  private wake?: () => void;
  /** When the last one arrived, in milliseconds since 1970; 0 before the first. */
  private arrivedAt = 0;

  /** @throws TypeError for an address that is not https */
  constructor(private readonly options: CheckpointExportOptions) {
    httpsOnly(options.url, 'the receiver of checkpoints');
  }

  get lastExport(): number {
    return this.arrivedAt;
  }

  offer(note: string): void {
    this.waiting = note;
    this.wake?.();
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** Tries what waits once more, and ends. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    for (let failures = 0; this.waiting !== undefined;) {
      const note = this.waiting;
      try {
        await this.put(note);
        this.arrivedAt = Date.now();
        failures = 0;
        if (this.waiting === note) this.waiting = undefined;
      } catch (error) {
        failures += 1;
        this.options.onProblem?.(error, 'handing a checkpoint on');
        if (this.stopped) return;
        await this.pause(Math.min(this.options.maxBackoffMs ?? 60_000, 500 * 2 ** Math.min(failures, 10)));
      }
    }
  }

  private async put(note: string): Promise<void> {
    const { url, key, send = sendByFetch } = this.options;
    const origin = note.slice(0, note.indexOf('\n')).replaceAll('/', '_');
    const target = new URL(url);
    target.pathname = `${url.pathname.replace(/\/$/, '')}/${encodeURIComponent(origin)}`;
    const id = `checkpoint_${createHash('sha256').update(note).digest('base64url').slice(0, 32)}`;
    const headers = { 'content-type': 'text/plain; charset=utf-8', ...signatureHeaders(id, note, key()) };
    expectArrived(await send(target, { method: 'PUT', headers, body: note }), 'the receiver of checkpoints');
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
