// What the identity provider keeps: signing keys, cookie keys, and one key that every client's secret is derived from.
import { createHmac } from 'node:crypto';
import { bytes, defineSecrets, keyring, openSecrets, type Secrets } from '@gatehouse/secrets';

const declared = defineSecrets({ signingKeys: keyring(32), cookieKeys: keyring(32), clientSecrets: bytes(32) });

/** See {@link openIdentitySecrets}. */
export type IdentitySecrets = Secrets<typeof declared>;

/** Where they are: those of the running provider, and of the command that asks it for a token. */
export interface IdentityPlace {
  readonly stateFolder: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Opens them in the laptop store, wherever the service beside it has its own: a vault that is tried out on a laptop has no place for an identity
 * provider that is never in production. @throws SecretsError
 */
export function openIdentitySecrets({ stateFolder, env }: IdentityPlace): Promise<IdentitySecrets> {
  const own = Object.entries(env).filter(([name]) => !/^GATEHOUSE_(VAULT_|SECRETS_FOLDER$)/.test(name));
  const production = env.NODE_ENV === 'production';
  return openSecrets(declared, {}, { service: 'identity', stateFolder, production, env: Object.fromEntries(own) });
}

/** The secret of a client. */
export const clientSecret = (secrets: IdentitySecrets, client: string): string =>
  createHmac('sha256', secrets.get('clientSecrets').reveal()).update(client).digest('base64url');
