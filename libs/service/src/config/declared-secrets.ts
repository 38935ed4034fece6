// Every secret that a service has: what its descriptor declares, and what the libs in it need for themselves.
import { needsCredentials, type CredentialSource } from '@gatehouse/database';
import {
  databaseCredentials,
  defineSecrets,
  refuseEnvironment,
  type SecretDeclarations,
  type Secrets,
} from '@gatehouse/secrets';
import { ConfigurationError } from './define-service.ts';
import type { ServiceDescriptor } from './service.options.ts';

/** Names that begin so are the libs': an upgrade that brings one never meets a name of the team's. */
const RESERVED = 'gatehouse';

/** What the libs in a service declare; a row a lib. Each gets its own back, typed: `secrets.as<typeof its declarations>()`. */
function builtInSecrets(service: ServiceDescriptor, env: NodeJS.ProcessEnv): readonly SecretDeclarations[] {
  const usesCredentials = service.database !== undefined && needsCredentials(env);
  return [usesCredentials ? databaseSecrets(service.database?.role ?? service.name) : {}];
}

/** @throws ConfigurationError when the descriptor takes a reserved name */
export function declaredSecrets(service: ServiceDescriptor, env: NodeJS.ProcessEnv): SecretDeclarations {
  const taken = Object.keys(service.secrets).filter((name) => name.startsWith(RESERVED));
  if (taken.length === 0)
    return Object.assign({}, service.secrets, ...builtInSecrets(service, env)) as SecretDeclarations;
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
  const declared = declaredSecrets(service, env);
  refuseEnvironment(declared, env, { service: service.name, vault: Boolean(env.GATEHOUSE_VAULT_ADDR) });
}

/** User and password of the database, where GATEHOUSE_DATABASE_URL names no user. */
const databaseSecrets = (role: string) =>
  defineSecrets({ gatehouseDatabase: databaseCredentials({ role, path: 'database' }) });

/** See {@link databaseSecrets}; undefined where they are not declared. */
export function databaseCredentialSource(secrets: Secrets): CredentialSource | undefined {
  if (!secrets.has('gatehouseDatabase')) return undefined;
  const own = secrets.as<ReturnType<typeof databaseSecrets>>();
  return {
    current: () => own.get('gatehouseDatabase').reveal(),
    onChange: (hook) => void own.onRotate('gatehouseDatabase', hook),
  };
}
