// Brings the revocations of all replicas to this one, by asking: twice a second, a query on a small index. LISTEN/NOTIFY would be told
// sooner, but needs a connection of its own and, since what is sent while it is down is lost, the same asking beside it. While the
// question is not answered, credentials are accepted for a bounded time and then not at all; see `through`.
import { ProblemError } from '@gatehouse/problem-details';
import type { EmitAuthnEvent } from '../authn.event.ts';
import type { AuthnOptions } from '../authn.options.ts';
import type { Revocation, Revocations } from './revocations.ts';

/** A memory answers within 50 ms or not: one answer that is missed is no news. */
const MISSES = { database: 1, valkey: 4 } as const;

/** Where revocations are kept for all replicas. */
export interface RevocationStore {
  add(revocation: Revocation): Promise<void>;
  /** A service lives with its database. What is shared by a memory that may be away is missed on routes alone that would rather be shut. */
  readonly through: 'database' | 'valkey';
  /** Those that were added in the last `seconds`, or all that are not over. */
  recent(seconds?: number): Promise<Revocation[]>;
}

/** Longer than any transaction lasts that adds one: what commits late is still seen. */
const LOOK_BACK_SECONDS = 60;

export class RevocationFeed {
  private heardAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private failing = false;
  private misses = 0;

  constructor(
    private readonly store: RevocationStore,
    private readonly revocations: Revocations,
    private readonly options: AuthnOptions['revocation'],
    private readonly emit: EmitAuthnEvent,
  ) {}

  get through(): RevocationStore['through'] {
    return this.store.through;
  }

  /** @throws what a database throws, when it cannot be asked the first time; a memory is asked again */
  async start(): Promise<void> {
    if (this.through === 'valkey') return this.poll();
    for (const revocation of await this.store.recent()) this.revocations.add(revocation);
    this.heardAt = performance.now();
    this.schedule();
  }

  /** @throws ProblemError 503 when the store has been silent too long */
  refuseSilence(failClosed = false): void {
    if (this.through === 'valkey' && !failClosed) return;
    if (performance.now() - this.heardAt <= this.options.maxStaleSeconds * 1_000) return;
    throw new ProblemError('dependency-unavailable', {
      headers: { 'retry-after': '2' },
      cause: new Error('the revocations cannot be had'),
    });
  }

  /** For this replica at once, for the others within a poll. */
  async revoke(revocation: Revocation): Promise<void> {
    await this.store.add(revocation);
    this.revocations.add(revocation);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (!this.closed) this.timer = setTimeout(() => void this.poll(), this.options.pollMs).unref();
  }

  private async poll(): Promise<void> {
    const asked = performance.now();
    try {
      // After a silence longer than the look-back, everything is asked for again.
      const all = asked - this.heardAt > (LOOK_BACK_SECONDS / 2) * 1_000;
      for (const each of await this.store.recent(all ? undefined : LOOK_BACK_SECONDS)) this.revocations.add(each);
      this.heardAt = asked;
      this.misses = 0;
      if (this.failing) this.tell(false, 'revocations are read again');
    } catch (error) {
      this.misses += 1;
      if (!this.failing && this.misses >= MISSES[this.through])
        this.tell(true, `revocations cannot be read: ${error instanceof Error ? error.message : ''}`);
    }
    this.revocations.sweep(Date.now());
    this.schedule();
  }

  private tell(failing: boolean, message: string): void {
    this.failing = failing;
    this.emit({ type: failing ? 'feed-failed' : 'feed-recovered', level: failing ? 'error' : 'info', message });
  }
}
