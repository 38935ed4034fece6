// One client for everything that a service asks of its vault: secrets, and certificates. A wrapped secret-id opens once, so two clients
// would take it from each other. It is made when it is first asked for.
import { createVaultClient, vaultFromEnvironment, type SecretsEvent, type VaultClient } from '@gatehouse/secrets';
import type { VaultSigner } from '@gatehouse/tls';
import { ConfigurationError } from './configuration.error.ts';

/** See the head of the file. */
export class SharedVault {
  private opened?: Promise<VaultClient>;

  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly production: boolean,
    private readonly onEvent: (event: SecretsEvent) => void,
  ) {}

  /** @throws ConfigurationError when no vault is configured */
  client = (): Promise<VaultClient> => (this.opened ??= this.open());

  /** Undefined where no vault is configured. */
  get signer(): VaultSigner | undefined {
    return this.env.GATEHOUSE_VAULT_ADDR ? this.signing : undefined;
  }

  private readonly signing: VaultSigner = {
    open: this.client,
    sign: async ({ mount, role, csr, ...request }) => (await this.client()).pki(mount).sign(role, csr, request),
  };

  async close(): Promise<void> {
    await (await this.opened?.catch(() => undefined))?.close();
  }

  private async open(): Promise<VaultClient> {
    const options = vaultFromEnvironment(this.env);
    if (options) return createVaultClient(options, { production: this.production, onEvent: this.onEvent });
    throw new ConfigurationError('a vault is needed, and none is configured: set GATEHOUSE_VAULT_ADDR.');
  }
}
