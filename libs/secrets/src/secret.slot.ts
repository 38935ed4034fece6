// The state of one secret: the value in force, the one before while both are accepted, and until when the value may be used.
import type { RotationHook, SecretDeclaration } from './secret.declaration.ts';
import { Secret } from './secret.ts';
import type { StoredSecret } from './secret.store.ts';

/** One declared secret at run time. Times are of `performance.now()`, which no clock change moves. */
export class SecretSlot<T = unknown> {
  current: Secret<T> | undefined;
  previous: Secret<T> | undefined;
  version: string | undefined;
  /** When the value stops being usable; a lease's end, or the last word of the store plus maxStale. */
  usableUntil = Infinity;
  /** When the store was last asked and answered. */
  confirmedAt = -Infinity;
  previousUntil = -Infinity;
  rotations = 0;
  /** Why the last word of the store was not taken: told once, and in the status. */
  trouble: string | undefined;
  readonly hooks = new Set<RotationHook<T>>();

  constructor(
    readonly name: string,
    readonly declaration: SecretDeclaration<T>,
  ) {
    if (declaration.onRotate) this.hooks.add((rotation) => declaration.onRotate?.(rotation));
  }

  /** The value, unless it is too old or its lease is over. */
  get(): Secret<T> | undefined {
    return performance.now() < this.usableUntil ? this.current : undefined;
  }

  /** The values to accept from others: the one in force first. */
  accepted(): readonly Secret<T>[] {
    const current = this.get();
    if (!current) return [];
    return this.previous && performance.now() < this.previousUntil ? [current, this.previous] : [current];
  }

  /**
   * Takes what a store answered.
   * @returns whether the value is another one
   * @throws SecretFormatError; the slot is then unchanged
   */
  take(stored: StoredSecret): boolean {
    if (stored.version === this.version) return false;
    const value = this.declaration.parse(stored.raw);
    const { current } = this;
    this.previous = current;
    this.previousUntil = performance.now() + this.declaration.overlapSeconds * 1000;
    this.current = new Secret(value);
    this.version = stored.version;
    if (current) this.rotations += 1;
    return current !== undefined;
  }
}
