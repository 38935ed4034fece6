// OpenBao or Vault as a source of secrets: static ones from KV version 2 below a prefix, dynamic ones from the database engine.
import type { SecretDeclaration } from '../secret.declaration.ts';
import type { Lease, SecretStore, StoreChange, StoredSecret } from '../secret.store.ts';
import type { VaultClient } from './vault.client.ts';

/** Where in the vault the secrets of a service are. */
export interface VaultPlaces {
  readonly kvMount: string;
  readonly prefix: string;
  readonly databaseMount: string;
}

/** See {@link SecretStore}. */
export class VaultStore implements SecretStore {
  readonly kind = 'vault';
  readonly where: string;

  constructor(
    private readonly client: VaultClient,
    private readonly places: VaultPlaces,
  ) {
    this.where = client.address;
  }

  async open(): Promise<void> {
    await this.client.login();
  }

  async read(name: string, { role, path = name }: SecretDeclaration): Promise<StoredSecret | undefined> {
    if (role !== undefined) {
      const { lease, username, password } = await this.client.databaseCredentials(role, this.places.databaseMount);
      return { raw: { fields: { username, password } }, version: lease.id, lease };
    }
    const entry = await this.client.kv(this.places.kvMount).read(`${this.places.prefix}/${path}`);
    return entry && { raw: { fields: entry.fields }, version: `${entry.version}@${entry.createdAt}` };
  }

  onChange(listener: (change: StoreChange) => void): void {
    this.client.onTokenReplaced(() => listener('leases'));
  }

  renew(lease: Lease): Promise<Lease> {
    return this.client.renewLease(lease);
  }

  revoke(lease: Lease): Promise<void> {
    return this.client.revokeLease(lease);
  }

  isLive(lease: Lease): Promise<boolean> {
    return this.client.isLeaseLive(lease);
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
