// The one interface of the three places that secrets come from.
import type { SecretDeclaration } from './secret.declaration.ts';

/** As a store holds it: one text (a file, bytes), or named fields (a KV entry, dynamic credentials). */
export type RawSecret = { readonly text: string | Uint8Array } | { readonly fields: Readonly<Record<string, unknown>> };

/** The right to use a dynamic secret for a time. */
export interface Lease {
  readonly id: string;
  readonly ttlMs: number;
  readonly renewable: boolean;
}

/** What a store answers. */
export interface StoredSecret {
  readonly raw: RawSecret;
  /** Changes when the value does; says nothing about the value. */
  readonly version: string;
  readonly lease?: Lease;
}

/** What a store may tell: `values` may have changed, or every lease is about to end (its token was replaced). */
export type StoreChange = 'values' | 'leases';

/** A place that secrets come from. */
export interface SecretStore {
  readonly kind: 'vault' | 'files' | 'laptop';
  /** Where it is, for messages. */
  readonly where: string;
  /** Makes it ready for reading; throws a SecretsError at once when it cannot be reached. */
  open(declared: Readonly<Record<string, SecretDeclaration>>): Promise<void>;
  /**
   * @returns undefined when there is none
   * @throws SecretsError when the store does not answer
   */
  read(name: string, declaration: SecretDeclaration): Promise<StoredSecret | undefined>;
  /** Tells of changes by itself, beside the poll. */
  onChange(listener: (change: StoreChange) => void): void;
  /** @throws SecretsError `refused` when the lease is over, another code when it may be tried again */
  renew(lease: Lease): Promise<Lease>;
  revoke(lease: Lease): Promise<void>;
  /** Whether the lease still stands: somebody may have revoked it. @throws SecretsError when the store does not answer */
  isLive(lease: Lease): Promise<boolean>;
  close(): Promise<void>;
}
