// When a key was used last, to the minute: collected in memory and written together, so that no request waits for it.
import type { ApiKeyStore } from './api-key.store.ts';

const WRITE_EVERY_MS = 5_000;
/** One key is written once in this time. */
const RESOLUTION_MS = 60_000;
const MAX_WAITING = 10_000;

export class LastUsed {
  private readonly waiting = new Set<string>();
  private written = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly store: Pick<ApiKeyStore, 'used'>) {}

  touch(id: string, now = Date.now()): void {
    if (now - (this.written.get(id) ?? 0) < RESOLUTION_MS || this.waiting.size >= MAX_WAITING) return;
    this.waiting.add(id);
    this.timer ??= setTimeout(() => void this.write(), WRITE_EVERY_MS).unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.write();
  }

  /** A database that is away costs the note of a use, nothing else. */
  private async write(): Promise<void> {
    this.timer = undefined;
    const ids = [...this.waiting];
    this.waiting.clear();
    if (ids.length === 0) return;
    if (this.written.size > MAX_WAITING) this.written = new Map();
    for (const id of ids) this.written.set(id, Date.now());
    await this.store.used(ids, new Date()).catch(() => undefined);
  }
}
