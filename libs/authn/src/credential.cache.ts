// Verified credentials, so that a caller's second request costs a lookup (2 µs) and not a signature (100 µs). A credential is found by its
// SHA-256: a memory dump holds no credential, and an entry has one size whatever the caller sent. Each hit is judged anew: expiry,
// the issuer's key, revocations.
import { hash } from 'node:crypto';
import { GenerationsMap } from './generations.map.ts';
import type { IssuerKey } from './jwt/issuer.keys.ts';
import type { Principal } from './principal.ts';
import type { Revocations } from './revocation/revocations.ts';

/** What is known of a credential that was verified. */
export interface CachedCredential {
  readonly principal: Principal;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly key?: IssuerKey;
  readonly jkt?: string;
  readonly x5t?: string;
  /** The state of the revocations at which it was last found good. */
  seen: number;
}

export class CredentialCache {
  private readonly entries: GenerationsMap<CachedCredential>;

  constructor(
    maxEntries: number,
    private readonly revocations: Revocations,
  ) {
    this.entries = new GenerationsMap(maxEntries);
  }

  get size(): number {
    return this.entries.size;
  }

  get(credential: string, now: number): CachedCredential | undefined {
    const id = digest(credential);
    const entry = this.entries.get(id);
    if (!entry) return undefined;
    if (entry.expiresAt > now && entry.key?.inForce !== false && this.revocations.accepts(entry)) return entry;
    this.entries.delete(id);
    return undefined;
  }

  set(credential: string, entry: CachedCredential): void {
    this.entries.set(digest(credential), entry);
  }
}

const digest = (credential: string): string => hash('sha256', credential, 'base64');
