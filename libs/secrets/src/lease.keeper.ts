// Keeps a dynamic secret usable: renews its lease at two thirds, else fetches a new one, lets the hooks swap the pool and drain the old
// one, and only then revokes the old lease. What has expired is never handed out.
import { after, backOffMs, renewalDelayMs } from './long.timer.ts';
import type { RotationPublisher } from './rotation.publisher.ts';
import type { SecretSlot } from './secret.slot.ts';
import type { Lease, SecretStore } from './secret.store.ts';
import { SecretsError } from './secrets.error.ts';
import type { EmitSecretsEvent } from './secrets.event.ts';

/** A renewal that gives less than this share of the first time to live means that the maximum is near. */
const WORTH_RENEWING = 0.5;

/** The lease of one slot. */
export class LeaseKeeper {
  private lease: Lease | undefined;
  private cancel: () => void = () => undefined;
  private cancelWatch: () => void = () => undefined;
  private attempt = 0;
  private closed = false;
  private working: Promise<void> | undefined;

  constructor(
    private readonly slot: SecretSlot,
    private readonly store: SecretStore,
    private readonly publisher: RotationPublisher,
    private readonly emit: EmitSecretsEvent,
    /** How often it is asked whether the lease still stands, in milliseconds. */
    private readonly pollMs: number,
  ) {}

  /** @param asked when the lease was asked for: it may have begun then. `performance.now()` */
  hold(lease: Lease, asked: number): void {
    this.lease = lease;
    this.attempt = 0;
    this.extend(lease, asked);
    this.watch(lease);
  }

  /** Fetches a new one now: the lease is about to end for another reason than its time. */
  replaceNow(): void {
    this.cancel();
    if (!this.closed) void this.prolong(true);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancel();
    this.cancelWatch();
    await this.working;
  }

  private extend({ ttlMs }: Lease, asked: number): void {
    this.cancel();
    this.slot.usableUntil = ttlMs > 0 ? asked + ttlMs : Infinity;
    if (this.closed || ttlMs <= 0) return;
    this.cancel = after(renewalDelayMs(ttlMs), () => void this.prolong(false));
  }

  /** A lease that somebody revoked is noticed within the poll, not when it would have been renewed. */
  private watch(lease: Lease): void {
    this.cancelWatch();
    if (this.closed) return;
    this.cancelWatch = after(this.pollMs, () => {
      const isLive = this.store.isLive(lease).catch(() => true);
      void isLive.then((live) => {
        if (this.lease !== lease) return;
        if (!live) this.replaceNow();
        this.watch(lease);
      });
    });
  }

  private prolong(replace: boolean): Promise<void> {
    this.working ??= this.renewOrReplace(replace).finally(() => (this.working = undefined));
    return this.working;
  }

  private async renewOrReplace(replace: boolean): Promise<void> {
    try {
      if (replace || !(await this.renew())) await this.replace();
    } catch (error) {
      const { name } = this.slot;
      const why = error instanceof Error ? error.message : String(error);
      const over = this.slot.get() === undefined;
      this.emit(
        over ? 'secret-stale' : 'lease-not-renewed',
        `${name} ${over ? 'has expired' : 'is not renewed'}: ${why}`,
        name,
      );
      if (!this.closed) this.cancel = after(backOffMs(this.attempt++, 10_000), () => void this.prolong(replace));
    }
  }

  /** @returns false when a new one has to be fetched */
  private async renew(): Promise<boolean> {
    const { lease, slot } = this;
    if (!lease?.renewable || slot.get() === undefined) return false;
    const asked = performance.now();
    const renewed = await this.store.renew(lease).catch((error: unknown) => {
      if (error instanceof SecretsError && !error.isTransient) return undefined;
      throw error;
    });
    if (!renewed || renewed.ttlMs < lease.ttlMs * WORTH_RENEWING) return false;
    this.emit('lease-renewed', `${slot.name} lives ${renewed.ttlMs / 1000} s more`, slot.name);
    this.attempt = 0;
    this.extend(renewed, asked);
    return true;
  }

  private async replace(): Promise<void> {
    const { slot, store, lease: former } = this;
    const asked = performance.now();
    const stored = await store.read(slot.name, slot.declaration);
    if (!stored?.lease) throw new SecretsError('secrets-missing', `${slot.name} has no lease`, 'Check the role.');
    slot.take(stored);
    this.hold(stored.lease, asked);
    void this.letGo(former);
  }

  private async letGo(former: Lease | undefined): Promise<void> {
    const isFree = await this.publisher.publish(this.slot);
    if (!former || !isFree || this.closed) return; // at a shutdown the token takes its leases with it
    await this.store.revoke(former).catch((error: Error) => {
      this.emit(
        'lease-not-revoked',
        `the former lease of ${this.slot.name} ends by itself: ${error.message}`,
        this.slot.name,
      );
    });
  }
}
