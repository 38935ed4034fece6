// Which store the environment names. One, never a chain: a fallback would let whoever can silence the vault choose the secrets.
import type { SecretDeclarations } from './secret.declaration.ts';
import { vaultFromEnvironment } from './secrets.environment.ts';
import { SecretsError } from './secrets.error.ts';
import type { VaultClientOptions } from './vault/vault.options.ts';

/** Neither is the laptop store. */
export interface NamedStore {
  readonly vault?: VaultClientOptions;
  readonly folder?: string;
}

/** @throws SecretsError `options-invalid` when two are named, or a setting is malformed */
export function namedStore(env: NodeJS.ProcessEnv): NamedStore {
  const vault = vaultFromEnvironment(env);
  const folder = env.GATEHOUSE_SECRETS_FOLDER || undefined;
  if (!vault || !folder) return { vault, folder };
  throw new SecretsError(
    'options-invalid',
    'GATEHOUSE_VAULT_ADDR and GATEHOUSE_SECRETS_FOLDER are both set',
    'Unset one: secrets come from one store.',
  );
}

/**
 * Refuses what `openSecrets` would refuse, as far as the environment tells: nothing is opened.
 * @throws SecretsError with a stable `code` and the remedy
 */
export function checkSecretStore(declared: SecretDeclarations, env: NodeJS.ProcessEnv, production: boolean): void {
  if (Object.keys(declared).length === 0) return; // who declares nothing needs no store
  const { vault, folder } = namedStore(env);
  if (!vault && !folder) refuseInProduction(production);
}

/** @throws SecretsError `production-refused` */
export function refuseInProduction(production: boolean): void {
  if (production) {
    throw new SecretsError(
      'production-refused',
      'the laptop store of secrets is for development, and this is production',
      'Set GATEHOUSE_VAULT_ADDR (OpenBao or Vault), or GATEHOUSE_SECRETS_FOLDER=/run/secrets.',
    );
  }
}
