// Opens what proves callers: the issuers of the descriptor, of the environment, or, on a laptop, the development identity provider.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthenticator, type Authenticator, type IssuerInput, issuerFromEnvironment } from '@gatehouse/authn';
import type { Database } from '@gatehouse/database';
import type { Secrets } from '@gatehouse/secrets';
import { authnSecrets } from './config/declared-secrets.ts';
import { ConfigurationError } from './config/configuration.error.ts';
import type { ServiceSettings } from './config/settings.ts';
import { proofMetrics } from './metrics/proof.metrics.ts';
import type { ServiceContext } from './step.ts';

/** Where the development identity provider is: see apps/identity. */
const IDENTITY_PORT = 8400;

/** Whether the tokens of a service are those of apps/identity. */
export const usesDevelopmentIssuer = (settings: ServiceSettings, env: NodeJS.ProcessEnv): boolean =>
  settings.authn?.issuers.length === 0 && !env.GATEHOUSE_ISSUER && !settings.production;

/**
 * Undefined for a service whose every route is @Public.
 * @throws ConfigurationError when nobody could be proven; AuthnConfigError naming the option
 */
export async function openAuthn(
  {
    settings,
    secrets,
    log,
    tls,
    valkey,
    metrics,
  }: Pick<ServiceContext, 'settings' | 'secrets' | 'log' | 'tls' | 'valkey' | 'metrics'>,
  database: Database | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Authenticator | undefined> {
  if (!settings.authn) return undefined;
  const { audience = settings.name, ...options } = settings.authn;
  const issuers = options.issuers.length > 0 ? options.issuers : await issuersOf(settings, audience, tls.caFile, env);
  const authenticator = await createAuthenticator(
    { ...options, issuers },
    {
      database: database?.kysely,
      apiKeyHashKeys: options.apiKeys && hashKeys(secrets),
      shared: valkey,
      onEvent: ({ message, level, ...event }) => log[level](event, message),
    },
  );
  if (valkey) proofMetrics(metrics, authenticator);
  if (settings.production && authenticator.revocationsReach === 'this process alone')
    log.warn(
      'revocations and DPoP proofs are known to this process alone: keep it at one replica, or set GATEHOUSE_VALKEY_URL',
    );
  return authenticator;
}

async function issuersOf(
  settings: ServiceSettings,
  audience: string,
  caFile: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<IssuerInput[]> {
  const named = issuerFromEnvironment(env, audience);
  if (named) return [named];
  if (!settings.production) return [await developmentIssuer(settings, audience, caFile, env)];
  if (settings.authn?.clientCertificates.length) return [];
  throw new ConfigurationError(
    'nobody could prove who they are: no issuer of tokens is configured.\n' +
      '  Set GATEHOUSE_ISSUER and GATEHOUSE_ISSUER_JWKS_URI (docs/identity-providers.md).',
  );
}

/** Started by `npm start`; its keys are asked for when the first token comes. */
async function developmentIssuer(
  { stateFolder }: ServiceSettings,
  audience: string,
  caFile: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<IssuerInput> {
  const issuer = `https://localhost:${env.GATEHOUSE_IDENTITY_PORT ?? IDENTITY_PORT}`;
  return {
    issuer,
    audience,
    jwksUri: `${issuer}/jwks`,
    caFile: (await caOf(issuer, stateFolder)) ?? caFile ?? join(stateFolder, 'ca/ca.pem'),
    insecureLoopback: true,
    algorithms: ['ES256'],
    tenantClaim: 'tenant',
  };
}

/** As the provider says itself, where it runs already: a service may have a certificate of another CA than its. */
async function caOf(issuer: string, stateFolder: string): Promise<string | undefined> {
  try {
    const said = JSON.parse(await readFile(join(stateFolder, 'identity.json'), 'utf8')) as Record<string, unknown>;
    return said.issuer === issuer && typeof said.caFile === 'string' ? said.caFile : undefined;
  } catch {
    return undefined; // it has not run yet
  }
}

const hashKeys = (secrets: Secrets) => () => secrets.as<typeof authnSecrets>().get('gatehouseApiKeyHashes').reveal();
