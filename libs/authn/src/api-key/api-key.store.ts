// Where API keys are kept. The implementation for PostgreSQL is beside it; another one implements this.

/** A key as it is stored: no secret in it. */
export interface StoredApiKey {
  readonly id: string;
  readonly tenant: string;
  /** The principal's id: whose key it is. */
  readonly owner: string;
  /** Who vouches for the owner: the issuer of the principal that made the key. */
  readonly ownerIssuer: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly plan: string | null;
  readonly hash: Buffer;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** Whose keys are meant: every question is about one owner in one tenant. */
export interface ApiKeyOwner {
  readonly tenant: string;
  readonly owner: string;
  readonly ownerIssuer: string;
}

export interface ApiKeyStore {
  insert(key: Omit<StoredApiKey, 'createdAt' | 'revokedAt' | 'lastUsedAt'>): Promise<StoredApiKey>;
  /** By id alone: for authentication, before anybody is known. */
  find(id: string): Promise<StoredApiKey | undefined>;
  /** Newest first. */
  list(owner: ApiKeyOwner, limit: number): Promise<StoredApiKey[]>;
  count(owner: ApiKeyOwner): Promise<number>;
  /** False when the owner has no such key in force. */
  revoke(owner: ApiKeyOwner, id: string): Promise<boolean>;
  /** Brings the end of a key nearer. */
  expire(owner: ApiKeyOwner, id: string, at: Date): Promise<boolean>;
  rehash(id: string, hash: Buffer): Promise<void>;
  used(ids: readonly string[], at: Date): Promise<void>;
}
