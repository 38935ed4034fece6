// Tells the service of a new value, and says when every hook has let go of the old one. One rotation of a secret at a time.
import { backOffMs, pause } from './long.timer.ts';
import type { Rotation, RotationHook } from './secret.declaration.ts';
import type { SecretSlot } from './secret.slot.ts';
import type { EmitSecretsEvent } from './secrets.event.ts';

const ATTEMPTS = 4;

/** Runs the rotation hooks. */
export class RotationPublisher {
  private readonly chains = new Map<SecretSlot, Promise<boolean>>();
  private readonly closing = new AbortController();

  constructor(private readonly emit: EmitSecretsEvent) {}

  /** @returns whether every hook succeeded: the former value is then no longer in use */
  publish(slot: SecretSlot): Promise<boolean> {
    const { name, current, previous } = slot;
    if (!current) return Promise.resolve(true);
    this.emit('secret-rotated', `${name} has a new value`, name);
    const former = this.chains.get(slot) ?? Promise.resolve(true);
    const next = former.then(() => this.run(slot.hooks, { name, current, previous }));
    this.chains.set(slot, next);
    return next;
  }

  /** Waits for hooks that run, without retries. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all(this.chains.values());
  }

  private async run(hooks: Iterable<RotationHook>, rotation: Rotation): Promise<boolean> {
    const outcomes = await Promise.all([...hooks].map((hook) => this.runOne(hook, rotation)));
    return outcomes.every(Boolean);
  }

  private async runOne(hook: RotationHook, rotation: Rotation): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        await hook(rotation);
        return true;
      } catch (error) {
        // Its message is the application's and may hold anything: only its name is told.
        const kind = error instanceof Error ? error.name : typeof error;
        this.emit('rotation-hook-failed', `a hook of ${rotation.name} failed (${kind})`, rotation.name);
        if (this.closing.signal.aborted) return false;
        await pause(backOffMs(attempt), this.closing.signal);
      }
    }
    return false;
  }
}
