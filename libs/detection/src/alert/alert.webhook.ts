// Posts alerts, each until it has arrived or has been tried often enough. It never holds anything up: what waits is bounded, and what
// is lost is told.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { DetectionFinding } from './detection.finding.ts';
import { signedHeaders } from './webhook.signature.ts';

const TIMEOUT_MS = 5_000;
const WAITING = 100;
/** Before each further try, in milliseconds. */
const RETRIES_MS = [500, 2_000, 10_000];

/** See {@link AlertWebhook}. */
export interface AlertWebhookOptions {
  readonly url: string;
  readonly caFile?: string;
  /** The keys in force, newest first, asked for at each try: they may rotate. */
  readonly keys: () => readonly Uint8Array[];
  /** Told of what could not be delivered. */
  readonly onLost: (message: string) => void;
}

/** See the head of the file. */
export class AlertWebhook {
  readonly counters = { delivered: 0, lost: 0 };
  private readonly waiting: DetectionFinding[] = [];
  private readonly ca: string | undefined;
  private readonly stop = new AbortController();
  private work: Promise<void> | undefined;

  /** @throws Error when the CA file cannot be read */
  constructor(private readonly options: AlertWebhookOptions) {
    this.ca = options.caFile === undefined ? undefined : readFileSync(options.caFile, 'utf8');
  }

  send(finding: DetectionFinding): void {
    if (this.waiting.length >= WAITING) return this.lose('too many alerts wait for it');
    this.waiting.push(finding);
    this.work ??= this.drain().finally(() => (this.work = undefined));
  }

  /** Ends what is under way; what waits is lost, and told. */
  async close(): Promise<void> {
    this.stop.abort();
    await this.work;
  }

  private async drain(): Promise<void> {
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      const failure = await this.deliver(next);
      if (failure === undefined) this.counters.delivered += 1;
      else this.lose(failure);
    }
  }

  /** @returns why it could not be delivered */
  private async deliver(finding: DetectionFinding): Promise<string | undefined> {
    const body = JSON.stringify({
      type: 'detection.finding',
      timestamp: new Date(finding.time).toISOString(),
      data: finding,
    });
    let failure = '';
    for (const wait of [0, ...RETRIES_MS]) {
      if (this.stop.signal.aborted) return 'the service stops';
      try {
        if (wait > 0) await delay(wait, undefined, { signal: this.stop.signal, ref: false });
        await this.post(finding.metadata.uid, body);
        return undefined;
      } catch (error) {
        failure = (error as Error).message;
      }
    }
    return failure;
  }

  private post(id: string, body: string): Promise<void> {
    const { url, keys } = this.options;
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...signedHeaders(id, Date.now(), body, keys()),
      };
      const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.stop.signal]);
      const call = request(
        url,
        // NODE_TLS_REJECT_UNAUTHORIZED=0 does not count here
        { method: 'POST', headers, ca: this.ca, rejectUnauthorized: true, agent: false, signal },
        (answer) => {
          const { statusCode = 0 } = answer;
          answer.resume().on('error', reject);
          answer.on('end', () =>
            statusCode >= 200 && statusCode < 300 ? resolve() : reject(new Error(`it answered ${statusCode}`)),
          );
        },
      );
      call.on('error', reject).end(body);
    });
  }

  private lose(reason: string): void {
    this.counters.lost += 1;
    this.options.onLost(`an alert did not reach its webhook (${reason})`);
  }
}
