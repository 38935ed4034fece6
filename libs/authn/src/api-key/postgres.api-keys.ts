// API keys in PostgreSQL. Every question about somebody's keys names tenant and owner in the query itself.
import { type Kysely, sql } from 'kysely';
import type { AuthnTables } from '../postgres.tables.ts';
import type { ApiKeyOwner, ApiKeyStore, StoredApiKey } from './api-key.store.ts';

const COLUMNS = [
  'id',
  'tenant',
  'owner',
  'owner_issuer as ownerIssuer',
  'name',
  'scopes',
  'plan',
  'hash',
  'created_at as createdAt',
  'expires_at as expiresAt',
  'revoked_at as revokedAt',
  'last_used_at as lastUsedAt',
] as const;

const NOW = sql<Date>`now()`;

export class PostgresApiKeys implements ApiKeyStore {
  constructor(private readonly db: Kysely<AuthnTables>) {}

  insert({ ownerIssuer, expiresAt, ...key }: Parameters<ApiKeyStore['insert']>[0]): Promise<StoredApiKey> {
    const row = { ...key, scopes: [...key.scopes], owner_issuer: ownerIssuer, expires_at: expiresAt };
    return this.db.insertInto('authn_api_keys').values(row).returning(COLUMNS).executeTakeFirstOrThrow();
  }

  find(id: string): Promise<StoredApiKey | undefined> {
    return this.db.selectFrom('authn_api_keys').select(COLUMNS).where('id', '=', id).executeTakeFirst();
  }

  list({ tenant, owner, ownerIssuer }: ApiKeyOwner, limit: number): Promise<StoredApiKey[]> {
    return this.db
      .selectFrom('authn_api_keys')
      .select(COLUMNS)
      .where('tenant', '=', tenant)
      .where('owner', '=', owner)
      .where('owner_issuer', '=', ownerIssuer)
      .orderBy('created_at', 'desc')
      .limit(limit)
      .execute();
  }

  async count({ tenant, owner, ownerIssuer }: ApiKeyOwner): Promise<number> {
    const { count } = await this.db
      .selectFrom('authn_api_keys')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('tenant', '=', tenant)
      .where('owner', '=', owner)
      .where('owner_issuer', '=', ownerIssuer)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', NOW)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  revoke(owner: ApiKeyOwner, id: string): Promise<boolean> {
    return this.change(owner, id, { revoked_at: NOW });
  }

  expire(owner: ApiKeyOwner, id: string, at: Date): Promise<boolean> {
    return this.change(owner, id, { expires_at: at });
  }

  async rehash(id: string, hash: Buffer): Promise<void> {
    await this.db.updateTable('authn_api_keys').set({ hash }).where('id', '=', id).execute();
  }

  async used(ids: readonly string[], at: Date): Promise<void> {
    await this.db.updateTable('authn_api_keys').set({ last_used_at: at }).where('id', 'in', ids).execute();
  }

  private async change({ tenant, owner, ownerIssuer }: ApiKeyOwner, id: string, set: object): Promise<boolean> {
    const changed = await this.db
      .updateTable('authn_api_keys')
      .set(set)
      .where('id', '=', id)
      .where('tenant', '=', tenant)
      .where('owner', '=', owner)
      .where('owner_issuer', '=', ownerIssuer)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', NOW)
      .returning('id')
      .executeTakeFirst();
    return changed !== undefined;
  }
}
