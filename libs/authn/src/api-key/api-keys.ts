// API keys: made, listed, rotated, revoked, and recognised. The key itself leaves once, when it is made.
import type { AuthnOptions } from '../authn.options.ts';
import { CredentialRefusedError } from '../authn.error.ts';
import type { CachedCredential } from '../credential.cache.ts';
import type { Principal } from '../principal.ts';
import type { RevocationFeed } from '../revocation/revocation.feed.ts';
import type { Revocations } from '../revocation/revocations.ts';
import { newApiKey, readApiKey } from './api-key.format.ts';
import { hashApiKey, type HashKeys, matchApiKey } from './api-key.hash.ts';
import type { ApiKeyOwner, ApiKeyStore, StoredApiKey } from './api-key.store.ts';
import { LastUsed } from './last-used.ts';

/** What a new key may do. */
export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
  readonly plan?: string;
}

/** A key, and the one sight of its text. */
export interface MadeApiKey {
  readonly key: StoredApiKey;
  readonly text: string;
}

/** Exposed keys looked up at once: whoever sends nonsense in clear must not occupy the database. */
const MAX_EXAMINED = 8;

type Settings = NonNullable<AuthnOptions['apiKeys']>;

export class ApiKeys {
  private readonly lastUsed: LastUsed;
  private examining = 0;

  constructor(
    private readonly store: ApiKeyStore,
    private readonly keys: HashKeys,
    private readonly settings: Settings,
    private readonly revocations: Revocations,
    private readonly feed: RevocationFeed,
  ) {
    this.lastUsed = new LastUsed(store);
  }

  /** Makes a key for an owner; its life is cut to the longest that is allowed. */
  async create(owner: ApiKeyOwner, { name, scopes, expiresAt, plan = undefined }: NewApiKey): Promise<MadeApiKey> {
    const { id, text } = newApiKey(this.settings.environment);
    const latest = Date.now() + this.settings.maxLifetimeDays * 86_400_000;
    const key = await this.store.insert({
      ...owner,
      id,
      name,
      scopes,
      plan: plan ?? null,
      hash: hashApiKey(text, this.keys),
      expiresAt: new Date(Math.min(expiresAt.getTime(), latest)),
    });
    return { key, text };
  }

  /** One key in force of an owner. */
  async find(owner: ApiKeyOwner, id: string): Promise<StoredApiKey | undefined> {
    const key = await this.store.find(id);
    return key && isInForce(key) && belongsTo(key, owner) ? key : undefined;
  }

  list(owner: ApiKeyOwner, limit = 100): Promise<StoredApiKey[]> {
    return this.store.list(owner, limit);
  }

  /** How many keys in force an owner has. */
  count(owner: ApiKeyOwner): Promise<number> {
    return this.store.count(owner);
  }

  /** Refused at once here, within a poll on every replica. False when the owner has no such key in force. */
  async revoke(owner: ApiKeyOwner, id: string): Promise<boolean> {
    const revoked = await this.store.revoke(owner, id);
    if (revoked) await this.changed(id);
    return revoked;
  }

  /** A new key with the same rights; the old one works on for the overlap. Undefined when the owner has no such key in force. */
  async rotate(owner: ApiKeyOwner, id: string): Promise<MadeApiKey | undefined> {
    const old = await this.find(owner, id);
    if (!old) return undefined;
    // The end of the old one comes first, on condition that it is in force: a revocation meanwhile leaves no new key behind.
    const overlap = Date.now() + this.settings.overlapSeconds * 1_000;
    if (!(await this.store.expire(owner, id, new Date(Math.min(overlap, old.expiresAt.getTime()))))) return undefined;
    await this.changed(id);
    const life = old.expiresAt.getTime() - old.createdAt.getTime();
    return this.create(owner, {
      name: old.name,
      scopes: old.scopes,
      plan: old.plan ?? undefined,
      expiresAt: new Date(Date.now() + life),
    });
  }

  /** @throws CredentialRefusedError `api-key`: unknown, wrong, over or revoked, all alike */
  async verify(text: string): Promise<CachedCredential> {
    const seen = this.revocations.count;
    const read = readApiKey(text);
    if (read?.environment !== this.settings.environment) throw new CredentialRefusedError('api-key');
    const stored = await this.store.find(read.id);
    const match = matchApiKey(text, stored?.hash, this.keys);
    if (!stored || match < 0 || !isInForce(stored)) throw new CredentialRefusedError('api-key');
    if (match > 0) await this.store.rehash(stored.id, hashApiKey(text, this.keys));
    return {
      principal: principalOf(stored),
      issuedAt: stored.createdAt.getTime(),
      expiresAt: stored.expiresAt.getTime(),
      seen,
    };
  }

  /**
   * Ends a key that somebody else may have seen. Only the whole key does it: an id is no secret.
   * @returns its id; undefined for what is no key in force
   */
  async revokeExposed(text: string): Promise<string | undefined> {
    if (readApiKey(text)?.environment !== this.settings.environment || this.examining >= MAX_EXAMINED) return undefined;
    this.examining += 1;
    try {
      const { principal } = await this.verify(text);
      const { tenant, id: owner, issuer: ownerIssuer, credentialId = '' } = principal;
      return (await this.revoke({ tenant, owner, ownerIssuer }, credentialId)) ? credentialId : undefined;
    } catch (error) {
      if (error instanceof CredentialRefusedError) return undefined;
      throw error;
    } finally {
      this.examining -= 1;
    }
  }

  /** For the "last used" of the list; written in the background. */
  touch(id: string): void {
    this.lastUsed.touch(id);
  }

  close(): Promise<void> {
    return this.lastUsed.close();
  }

  private changed(id: string): Promise<void> {
    const at = Date.now();
    return this.feed.revoke({ kind: 'api-key', issuer: '', value: id, at, until: at + 3_600_000 });
  }
}

const belongsTo = (key: StoredApiKey, { tenant, owner, ownerIssuer }: ApiKeyOwner): boolean =>
  key.tenant === tenant && key.owner === owner && key.ownerIssuer === ownerIssuer;

const isInForce = ({ revokedAt, expiresAt }: StoredApiKey): boolean =>
  revokedAt === null && expiresAt.getTime() > Date.now();

/** A key speaks for its owner: what they made by a token is theirs by the key, too. */
function principalOf({ id, tenant, owner, ownerIssuer, scopes, plan, expiresAt }: StoredApiKey): Principal {
  return Object.freeze({
    kind: 'api-key',
    id: owner,
    issuer: ownerIssuer,
    tenant,
    scopes: new Set(scopes),
    plan: plan ?? undefined,
    credentialId: id,
    expiresAt: expiresAt.getTime(),
  });
}
