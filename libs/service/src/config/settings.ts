// Non-secret settings by environment: a container is configured without a rebuild. Every name begins with GATEHOUSE_; one that
// nobody reads stops the start, so that a typing error never leaves a default in force.
import { join } from 'node:path';
import { authnEnvironment } from '@gatehouse/authn/options';
import { databaseEnvironment } from '@gatehouse/database/options';
import { rateLimitEnvironment } from '@gatehouse/rate-limit/options';
import { secretsEnvironment } from '@gatehouse/secrets/options';
import { tlsEnvironment } from '@gatehouse/tls/options';
import { valkeyEnvironment } from '@gatehouse/valkey/options';
import { refuseSecretsByEnvironment } from './declared-secrets.ts';
import { ConfigurationError } from './configuration.error.ts';
import { parseOptions, refuseTrustOfEveryone } from './define-service.ts';
import type { ServiceDescriptor, ServiceOptions } from './service.options.ts';

/** A descriptor together with what this process was told. */
export interface ServiceSettings extends ServiceDescriptor {
  /** Where the service keeps its state on a laptop: `.gatehouse/`. */
  readonly stateFolder: string;
  /** NODE_ENV=production: every development default refuses to start. */
  readonly production: boolean;
}

/** What a test or an embedding program may set in place of the environment. */
export interface ServiceOverrides {
  ports?: Partial<ServiceDescriptor['ports']>;
  stateFolder?: string;
  logLevel?: ServiceDescriptor['logLevel'];
  limits?: Partial<ServiceDescriptor['limits']>;
  rateLimit?: Partial<ServiceDescriptor['rateLimit']>;
  shutdown?: Partial<ServiceDescriptor['shutdown']>;
  trustedProxies?: string[];
  secretStore?: Partial<ServiceDescriptor['secretStore']>;
  audit?: Partial<ServiceDescriptor['audit']>;
  /** In place of the issuers of descriptor and environment. */
  issuers?: NonNullable<NonNullable<ServiceOptions['authn']>['issuers']>;
  /** Read in place of the environment of this process. */
  env?: NodeJS.ProcessEnv;
  /** Where log lines go, in place of standard output. */
  logStream?: { write(line: string): void };
  requestLogSample?: number;
}

type Apply = (target: Record<string, unknown>, value: string) => void;
const text =
  (key: string): Apply =>
  (target, value) =>
    void (target[key] = value);
const list =
  (key: string): Apply =>
  (target, value) =>
    void (target[key] = value.split(',').map((item) => item.trim()));
const numberOf = (value: string): unknown => (/^\d+$/.test(value) ? Number(value) : value);
/** Anything but these two words is left to the schema, which refuses it with its name. */
const flagOf = (value: string): unknown => (value === 'true' ? true : value === 'false' ? false : value);
const nested =
  (group: string, key: string, read: (value: string) => unknown = numberOf): Apply =>
  (target, value) =>
    void (target[group] = { ...(target[group] as object), [key]: read(value) });

const shipping =
  (key: string, read: (value: string) => unknown = (value) => value): Apply =>
  (target, value) => {
    const { shipping: former, ...rest } = (target.audit ?? {}) as { shipping?: object };
    target.audit = { ...rest, shipping: { ...former, [key]: read(value) } };
  };

/** Every setting that the service itself reads. */
const SETTINGS: Record<string, Apply> = {
  GATEHOUSE_HOST: text('host'),
  GATEHOUSE_MANAGEMENT_HOST: text('managementHost'),
  GATEHOUSE_MANAGEMENT_CLIENT_CA_FILE: nested('management', 'clientCaFile'),
  GATEHOUSE_MANAGEMENT_CLIENTS: (target, value) => {
    const clients = value.split(';').map((client) => client.trim()); // a distinguished name has commas
    target.management = { ...(target.management as object), clients };
  },
  GATEHOUSE_HTTPS_PORT: nested('ports', 'https'),
  GATEHOUSE_HTTP_PORT: nested('ports', 'http'),
  GATEHOUSE_MANAGEMENT_PORT: nested('ports', 'management'),
  GATEHOUSE_PUBLIC_ORIGIN: text('publicOrigin'),
  GATEHOUSE_TRUSTED_PROXIES: list('trustedProxies'),
  GATEHOUSE_LOG_LEVEL: text('logLevel'),
  GATEHOUSE_AUDIT_FOLDER: nested('audit', 'folder'),
  GATEHOUSE_AUDIT_CHECKPOINT_SECONDS: nested('audit', 'checkpointSeconds'),
  GATEHOUSE_AUDIT_CHECKPOINTS: nested('audit', 'exportCheckpointsTo'),
  GATEHOUSE_TRACES_URL: nested('traces', 'url'),
  GATEHOUSE_TRACES_CA_FILE: nested('traces', 'caFile'),
  GATEHOUSE_TRACES_BEARER: nested('traces', 'bearer', flagOf),
  GATEHOUSE_AUDIT_DATABASE_URL: shipping('databaseUrl'),
  GATEHOUSE_AUDIT_DATABASE_CA_FILE: shipping('databaseCaFile'),
  GATEHOUSE_AUDIT_WEBHOOK_URL: shipping('webhookUrl'),
  GATEHOUSE_AUDIT_OTLP_URL: shipping('otlpUrl'),
  GATEHOUSE_AUDIT_OTLP_BEARER: shipping('otlpBearer', flagOf),
  GATEHOUSE_AUDIT_CHECKPOINT_URL: shipping('checkpointUrl'),
  GATEHOUSE_AUDIT_RECEIVERS_CA_FILE: shipping('caFile'),
  GATEHOUSE_AUDIT_RECEIVERS_NETWORKS: shipping('networks', (value) => value.split(',').map((item) => item.trim())),
  GATEHOUSE_SHUTDOWN_GRACE_MS: nested('shutdown', 'graceMs'),
  GATEHOUSE_SHUTDOWN_DRAIN_MS: nested('shutdown', 'drainMs'),
};

/** Every GATEHOUSE_ name that means something, for the docs and for the check of unknown ones. */
export const knownSettings: readonly string[] = [
  ...Object.keys(SETTINGS),
  'GATEHOUSE_STATE',
  'GATEHOUSE_COMMAND',
  ...tlsEnvironment,
  ...authnEnvironment,
  'GATEHOUSE_IDENTITY_PORT',
  'GATEHOUSE_IDENTITY_MANAGEMENT_PORT',
  ...databaseEnvironment,
  ...rateLimitEnvironment,
  ...valkeyEnvironment,
  ...secretsEnvironment,
];

/**
 * The settings in force: descriptor, then environment, then overrides.
 *
 * @throws ConfigurationError naming the variable
 */
export function resolveSettings(
  service: ServiceDescriptor,
  env: NodeJS.ProcessEnv = process.env,
  overrides: ServiceOverrides = {},
): ServiceSettings {
  refuseSecretsByEnvironment(service, env);
  refuseUnknown(env);
  const {
    stateFolder,
    ports,
    limits,
    rateLimit,
    shutdown,
    secretStore,
    audit,
    issuers,
    env: _,
    logStream: _log,
    ...rest
  } = overrides;
  const target: Record<string, unknown> = { ...service };
  for (const [name, apply] of Object.entries(SETTINGS)) {
    const value = env[name];
    if (value === undefined || value === '') continue;
    apply(target, value);
    parseOptions(target, `${name}=${value}`);
  }
  const merged = parseOptions(
    {
      ...target,
      ...rest,
      ports: { ...(target.ports as object), ...ports },
      limits: { ...(target.limits as object), ...limits },
      rateLimit: { ...(target.rateLimit as object), ...rateLimit },
      shutdown: { ...(target.shutdown as object), ...shutdown },
      ...(issuers && target.authn ? { authn: { ...(target.authn as object), issuers } } : {}),
      secretStore: { ...(target.secretStore as object), ...secretStore },
      audit: { ...(target.audit as object), ...audit },
    },
    'the settings',
  );
  refuseTrustOfEveryone(
    merged.trustedProxies,
    env.GATEHOUSE_TRUSTED_PROXIES ? 'GATEHOUSE_TRUSTED_PROXIES' : 'trustedProxies',
  );
  return Object.freeze({
    ...merged,
    stateFolder: stateFolder ?? env.GATEHOUSE_STATE ?? join(process.cwd(), '.gatehouse'),
    production: env.NODE_ENV === 'production',
  });
}

function refuseUnknown(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) {
    if (!name.startsWith('GATEHOUSE_') || name.startsWith('GATEHOUSE_TEST_') || knownSettings.includes(name)) continue;
    const near = knownSettings.toSorted((a, b) => distance(a, name) - distance(b, name))[0] ?? '';
    throw new ConfigurationError(`${name} is no setting: did you mean ${near}? Unset it, or correct the name.`);
  }
}

/** Levenshtein distance, for the suggestion. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
