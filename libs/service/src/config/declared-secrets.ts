// Every secret that a service has: what its descriptor declares, and what the libs in it need for themselves.
import { refuseEnvironment, type SecretDeclarations } from '@gatehouse/secrets';
import { ConfigurationError } from './define-service.ts';
import type { ServiceDescriptor } from './service.options.ts';

/** Names that begin so are the libs': an upgrade that brings one never meets a name of the team's. */
const RESERVED = 'gatehouse';

/**
 * What a lib in the service declares; a row a lib. Each gets its own back, typed, by `secrets.as<typeof its declarations>()`.
 */
function builtInSecrets(_service: ServiceDescriptor): readonly SecretDeclarations[] {
  return [];
}

/** @throws ConfigurationError when the descriptor takes a reserved name */
export function declaredSecrets(service: ServiceDescriptor): SecretDeclarations {
  const taken = Object.keys(service.secrets).filter((name) => name.startsWith(RESERVED));
  if (taken.length === 0) return Object.assign({}, service.secrets, ...builtInSecrets(service)) as SecretDeclarations;
  throw new ConfigurationError(
    `service.config.ts of "${service.name}": secrets.${taken[0]} begins with "${RESERVED}", which is kept for the libs.\n` +
      '  Choose another name.',
  );
}

/**
 * Before any setting is read: a secret in the environment is told apart from a setting that is written wrong.
 * @throws SecretsError `environment-refused`
 */
export function refuseSecretsByEnvironment(service: ServiceDescriptor, env: NodeJS.ProcessEnv): void {
  refuseEnvironment(declaredSecrets(service), env, { service: service.name, vault: Boolean(env.GATEHOUSE_VAULT_ADDR) });
}
