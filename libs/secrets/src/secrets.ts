// What a service holds: its secrets by name, typed, each the newest that may be used.
import { ProblemError } from '@gatehouse/problem-details';
import type { RotationHook, SecretDeclarations, SecretOf, ValueOf } from './secret.declaration.ts';
import type { Secret } from './secret.ts';
import type { SecretSlot } from './secret.slot.ts';
import { SecretsError } from './secrets.error.ts';

/** One row of {@link Secrets.status}: no value. */
export interface SecretStatus {
  readonly name: string;
  readonly kind: string;
  readonly usable: boolean;
  readonly rotations: number;
  /** Seconds until it may no longer be used; undefined where that is never. */
  readonly usableSeconds?: number;
  readonly trouble?: string;
}

/** What {@link openSecrets} hands over; also the Nest provider. */
export class Secrets<D extends SecretDeclarations = SecretDeclarations> {
  private closing: Promise<void> | undefined;

  constructor(
    private readonly slots: ReadonlyMap<string, SecretSlot>,
    /** Which store they come from, `vault`, `files`, `laptop` or `none`, and where it is. */
    readonly store: { readonly kind: string; readonly where: string },
    private readonly actions: { refresh(): Promise<void>; close(): Promise<void> },
  ) {}

  /**
   * The value in force; undefined only for an optional one that the store does not have.
   * Ask each time: after a rotation it is another one.
   * @throws ProblemError 503 `dependency-unavailable` when it is too old to be used, or its lease is over
   */
  get<K extends keyof D & string>(name: K): SecretOf<D[K]> {
    const slot = this.slot(name);
    const secret = slot.get();
    if (secret === undefined && (slot.current !== undefined || !slot.declaration.optional)) throw unavailable(name);
    return secret as SecretOf<D[K]>;
  }

  /** The same secrets, typed with the declarations of a caller: a lib's own, which the service merged with its others. */
  as<Other extends SecretDeclarations>(): Secrets<Other> {
    return this as unknown as Secrets<Other>;
  }

  /** Whether it is declared. */
  has(name: string): boolean {
    return this.slots.has(name);
  }

  /** The values to accept from others, newest first: also the one before, for `overlapSeconds` after a rotation. */
  accepted<K extends keyof D & string>(name: K): readonly Secret<ValueOf<D[K]>>[] {
    return this.slot(name).accepted() as readonly Secret<ValueOf<D[K]>>[];
  }

  /** Calls `hook` with each new value; the former lease is revoked after it. Returns what ends that. */
  onRotate<K extends keyof D & string>(name: K, hook: RotationHook<ValueOf<D[K]>>): () => void {
    const { hooks } = this.slot(name);
    hooks.add(hook as RotationHook);
    return () => void hooks.delete(hook as RotationHook);
  }

  /** For the ready probe. @throws SecretsError `secret-unavailable` naming those that cannot be used */
  check(): void {
    const names = this.status()
      .filter(({ usable }) => !usable)
      .map(({ name }) => name);
    if (names.length > 0)
      throw new SecretsError('secret-unavailable', `no usable ${names.join(', ')}`, `See ${this.store.where}.`);
  }

  status(): SecretStatus[] {
    return [...this.slots.values()].map(({ name, declaration, current, usableUntil, rotations, trouble, ...slot }) => {
      const left = usableUntil - performance.now();
      const usable = left > 0 && (current !== undefined || (declaration.optional && slot.version === undefined));
      const usableSeconds = Number.isFinite(left) ? { usableSeconds: Math.max(0, Math.round(left / 1000)) } : {};
      return { name, kind: declaration.kind, usable, rotations, ...usableSeconds, ...(trouble ? { trouble } : {}) };
    });
  }

  /** Asks the store now instead of at the next poll. */
  refresh(): Promise<void> {
    return this.actions.refresh();
  }

  /** Ends renewal, and revokes leases and token; bounded. Idempotent. */
  close(): Promise<void> {
    return (this.closing ??= this.actions.close());
  }

  private slot(name: string): SecretSlot {
    const slot = this.slots.get(name);
    if (slot) return slot;
    throw new SecretsError('declaration-invalid', `no secret "${name}" is declared`, 'Add it to defineSecrets().');
  }
}

function unavailable(name: string): ProblemError {
  const cause = new SecretsError('secret-unavailable', `${name} cannot be used now`, 'See the events of its store.');
  return new ProblemError('dependency-unavailable', { headers: { 'Retry-After': '5' }, cause });
}
