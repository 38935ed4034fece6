// Every secret that a service has: what its descriptor declares, and what the libs in it need for themselves.
import type { CredentialSource } from '@gatehouse/database';
import { needsCredentials } from '@gatehouse/database/options';
import type { Secrets } from '@gatehouse/secrets';
import {
  databaseCredentials,
  defineSecrets,
  keyring,
  refuseEnvironment,
  type SecretDeclarations,
} from '@gatehouse/secrets/options';
import { auditSecrets, shippingSecrets } from '../audit/audit.secrets.ts';
import { detectionSecrets } from '../detection/detection.secrets.ts';
import { tracesSecrets } from '../traces/traces.secrets.ts';
import { ConfigurationError } from './configuration.error.ts';
import type { ServiceDescriptor } from './service.options.ts';

/** Names that begin so are the libs': an upgrade that brings one never meets a name of the team's. */
const RESERVED = 'gatehouse';

/** The keys of the hashes of API keys: a rotation adds one, and each key is hashed anew when it is used. */
export const authnSecrets = defineSecrets({ gatehouseApiKeyHashes: keyring(32) });

/** What the libs in a service declare; a row a lib. Each gets its own back, typed: `secrets.as<typeof its declarations>()`. */
function builtInSecrets(service: ServiceDescriptor): readonly SecretDeclarations[] {
  return [
    service.authn?.apiKeys ? authnSecrets : {},
    service.audit.enabled ? { ...auditSecrets, ...shippingSecrets(service.audit) } : {},
    service.detection.webhook ? detectionSecrets() : {},
    tracesSecrets(service.traces),
  ];
}

/**
 * What a descriptor declares, with what the libs need: its key `secrets` once it is defined.
 * @throws ConfigurationError when it takes a reserved name
 */
export function withBuiltInSecrets(service: ServiceDescriptor): SecretDeclarations {
  const builtIn = Object.assign({}, ...builtInSecrets(service)) as SecretDeclarations;
  const taken = Object.keys(service.secrets).find((name) => name.startsWith(RESERVED) && !(name in builtIn));
  if (taken === undefined) return { ...service.secrets, ...builtIn };
  throw new ConfigurationError(
    `service.config.ts of "${service.name}": secrets.${taken} begins with "${RESERVED}", which is kept for the libs.\n` +
      '  Choose another name.',
  );
}

/** Everything that the store is asked for: what is declared, and the database's user where its URL names none. */
export function declaredSecrets(service: ServiceDescriptor, env: NodeJS.ProcessEnv): SecretDeclarations {
  const declared = { ...service.secrets, ...shippingSecrets(service.audit), ...tracesSecrets(service.traces) };
  if (!service.database || !needsCredentials(env)) return declared;
  return { ...declared, ...databaseSecrets(service.database.role ?? service.name) };
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
