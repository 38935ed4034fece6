// What can be refused before a line of the application is loaded: settings, secrets in the environment, the state folder, the store of the
// secrets, the certificate.
// Nothing that this file needs may import Nest, a driver or a parser: a start that is refused is then refused at once.
import { resolveRateLimitOptions } from '@gatehouse/rate-limit/options';
import { checkSecretStore } from '@gatehouse/secrets/options';
import { checkCertificates } from '@gatehouse/tls/options';
import { resolveValkeyOptions } from '@gatehouse/valkey/options';
import { declaredSecrets } from './config/declared-secrets.ts';
import type { ServiceDescriptor } from './config/service.options.ts';
import { resolveSettings, type ServiceOverrides, type ServiceSettings } from './config/settings.ts';
import { checkStateFolder } from './config/state.folder.ts';
import { withManagementTrust } from './management/management.clients.ts';

/** Settings that a service may start with. */
export interface AcceptedStart {
  readonly settings: ServiceSettings;
  readonly tlsOptions: ServiceSettings['tls'];
  readonly env: NodeJS.ProcessEnv;
}

/** @throws ConfigurationError, or the error of the lib whose setting it is, naming the setting and the remedy */
export async function acceptStart(service: ServiceDescriptor, overrides: ServiceOverrides): Promise<AcceptedStart> {
  const env = overrides.env ?? process.env;
  const settings = resolveSettings(service, env, overrides);
  const tlsOptions = withManagementTrust(settings);
  const { name, stateFolder, production, publicOrigin } = settings;
  await checkStateFolder(stateFolder, production);
  const valkey = resolveValkeyOptions(settings.valkey, env);
  resolveRateLimitOptions(settings.rateLimit, { env, production, valkey });
  checkSecretStore(declaredSecrets(settings, env), env, production);
  await checkCertificates(tlsOptions, {
    ...{ service: name, stateFolder, production, env },
    publicHost: publicOrigin && new URL(publicOrigin).hostname,
    hasVault: Boolean(env.GATEHOUSE_VAULT_ADDR),
  });
  return { settings, tlsOptions, env };
}
