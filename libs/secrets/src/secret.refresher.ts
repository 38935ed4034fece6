// Asks the store again: after a change that it tells of, and every 30 s at the latest. What it answers is taken only when it is whole;
// what it does not answer leaves the last good value in use, for as long as the declaration says.
import { after, backOffMs } from './long.timer.ts';
import type { RotationPublisher } from './rotation.publisher.ts';
import { SecretFormatError } from './secret.format.ts';
import type { SecretSlot } from './secret.slot.ts';
import type { SecretStore, StoredSecret } from './secret.store.ts';
import type { EmitSecretsEvent } from './secrets.event.ts';

/** How long an answer may take: more than any store gives itself. */
const ANSWER_MS = 10_000;

/** Keeps the static secrets current. */
export class SecretRefresher {
  private cancel: () => void = () => undefined;
  private failures = 0;
  private closed = false;
  private running: Promise<void> | undefined;
  private again = false;

  constructor(
    private readonly slots: readonly SecretSlot[],
    private readonly store: SecretStore,
    private readonly publisher: RotationPublisher,
    private readonly emit: EmitSecretsEvent,
    private readonly pollMs: number,
  ) {}

  /** Begins to poll. */
  start(): void {
    this.cancel();
    if (this.closed || this.slots.length === 0) return;
    // While the store is away it is asked more often, so that recovery is seen soon.
    const delay =
      this.failures > 0
        ? Math.min(this.pollMs, backOffMs(this.failures, 5_000))
        : this.pollMs * (0.9 + Math.random() / 10);
    this.cancel = after(delay, () => void this.refresh());
  }

  /** Asks now; a call during one that runs is answered by one more run. */
  refresh(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.cancel();
    this.running = this.runAll().finally(() => {
      this.running = undefined;
      this.start();
    });
    return this.running;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancel();
    await this.running;
  }

  /** Marks that the store spoke. A poll that is late, because the machine is busy, is no silence: so there is room for one more. */
  confirm(slot: SecretSlot, asked: number): void {
    slot.confirmedAt = asked;
    slot.usableUntil = this.staleAt(slot) + this.pollMs + ANSWER_MS;
  }

  /** Silent for maxStale after the poll that it did not answer. */
  private staleAt({ confirmedAt, declaration }: SecretSlot): number {
    return confirmedAt + this.pollMs + declaration.maxStaleSeconds * 1000;
  }

  private async runAll(): Promise<void> {
    do {
      this.again = false;
      const errors = (await Promise.all(this.slots.map((slot) => this.refreshOne(slot)))).filter((error) => error);
      if (errors[0] !== undefined) {
        if (this.failures++ === 0) this.emit('store-lost', `${this.store.where}: ${errors[0]}`);
      } else if (this.failures > 0) {
        this.failures = 0;
        this.emit('store-recovered', `${this.store.where} answers again`);
      }
    } while (this.again && !this.closed);
  }

  /** @returns why the store did not answer */
  private async refreshOne(slot: SecretSlot): Promise<string | undefined> {
    const asked = performance.now();
    try {
      const stored = await this.store.read(slot.name, slot.declaration);
      this.confirm(slot, asked);
      this.take(slot, stored);
      return undefined;
    } catch (error) {
      slot.usableUntil = Math.min(slot.usableUntil, this.staleAt(slot));
      if (slot.current && !slot.get()) this.trouble(slot, 'secret-stale', 'is older than its maxStaleSeconds allow');
      return error instanceof Error ? error.message : String(error);
    }
  }

  private take(slot: SecretSlot, stored: StoredSecret | undefined): void {
    if (!stored) {
      if (slot.current)
        this.trouble(slot, 'secret-missing', 'is gone from the store: the last good value stays in use');
      return;
    }
    try {
      const isNew = slot.current === undefined;
      const changed = slot.take(stored);
      slot.trouble = undefined;
      if (changed || isNew) void this.publisher.publish(slot);
    } catch (error) {
      if (!(error instanceof SecretFormatError)) throw error;
      this.trouble(slot, 'secret-malformed', `${error.message}: the last good value stays in use`);
    }
  }

  private trouble(slot: SecretSlot, type: 'secret-stale' | 'secret-missing' | 'secret-malformed', what: string): void {
    if (slot.trouble === what) return;
    slot.trouble = what;
    this.emit(type, `${slot.name} ${what}`, slot.name);
  }
}
