// Opens the one store of a service.
import type { SecretStore } from './secret.store.ts';
import type { EmitSecretsEvent, SecretsEvent } from './secrets.event.ts';
import type { SecretsSettings } from './secrets.options.ts';
import { namedStore } from './store.choice.ts';
import { LaptopStore } from './laptop/laptop.store.ts';
import { MountedStore } from './files/mounted.store.ts';
import { createVaultClient, type VaultClient } from './vault/vault.client.ts';
import { VaultStore } from './vault/vault.store.ts';

/** What {@link openSecrets} works with. */
export interface SecretsContext {
  /** Name of the service: its part of the laptop store, its prefix in the vault. */
  readonly service: string;
  /** `.gatehouse/` on a laptop. */
  readonly stateFolder: string;
  /** True refuses the laptop store and a vault token from a file. */
  readonly production: boolean;
  /** Where GATEHOUSE_SECRETS_… and GATEHOUSE_VAULT_… are read; the process's by default. */
  readonly env?: NodeJS.ProcessEnv;
  readonly onEvent?: (event: SecretsEvent) => void;
  /** The program's client, where it asks the vault for more than secrets: a wrapped secret-id opens once. */
  readonly vault?: () => Promise<VaultClient>;
}

/** @throws SecretsError when two stores are named, or none in production */
export async function chooseStore(
  settings: SecretsSettings,
  context: SecretsContext,
  emit: EmitSecretsEvent,
): Promise<SecretStore> {
  const { service, env = process.env, production, onEvent } = context;
  const { vault, folder } = namedStore(env);
  if (vault) {
    const client = await (context.vault?.() ??
      createVaultClient(vault, { production, ...(onEvent ? { onEvent } : {}) }));
    return new VaultStore(client, { ...settings, prefix: settings.prefix ?? service });
  }
  return folder ? new MountedStore(folder) : new LaptopStore(service, context, emit);
}
