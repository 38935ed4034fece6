// The settings of TLS by environment: they win over the descriptor, and an error names the variable.
import { z } from 'zod';
import { TlsError } from './tls.error.ts';
import { tlsOptionsSchema, type TlsOptions } from './tls.options.ts';

type Apply = (target: Target, value: string) => void;
interface Target extends Record<string, unknown> {
  clientCertificates: Record<string, unknown>;
  acme?: Record<string, unknown>;
  vaultPki?: Record<string, unknown>;
  proxied?: Record<string, unknown>;
  identity?: Record<string, unknown>;
}

const acme =
  (key: string, read: (value: string) => unknown = String): Apply =>
  (target, value) =>
    void (target.acme = { ...target.acme, [key]: read(value) });
const vaultPki =
  (key: string): Apply =>
  (target, value) =>
    void (target.vaultPki = { ...target.vaultPki, [key]: value });
const externalAccount =
  (key: string): Apply =>
  (target, value) =>
    void (target.acme = {
      ...target.acme,
      externalAccount: { ...(target.acme?.externalAccount as object), [key]: value },
    });

const identity =
  (group: 'files' | 'vaultPki', key: string): Apply =>
  (target, value) =>
    void (target.identity = {
      ...target.identity,
      [group]: { ...(target.identity?.[group] as object), [key]: value },
    });

const reload =
  (key: string): Apply =>
  (target, value) =>
    void (target.reload = { ...(target.reload as object), [key]: Number(value) });

const list = (value: string) => value.split(',').map((item) => item.trim());

const SETTINGS: Record<string, Apply> = {
  GATEHOUSE_TLS_NAMES: (target, value) => (target.names = list(value)),
  GATEHOUSE_TLS_SOURCES: (target, value) => (target.sources = list(value)),
  GATEHOUSE_TLS_CA_FILE: (target, value) => (target.caFile = value),
  GATEHOUSE_TLS_ACME_DIRECTORY_URL: acme('directoryUrl'),
  // Anything but true is left as it is, for the schema to refuse.
  GATEHOUSE_TLS_ACME_TERMS_AGREED: acme('termsAgreed', (value) => (value === 'true' ? true : value)),
  GATEHOUSE_TLS_ACME_EMAIL: acme('email'),
  GATEHOUSE_TLS_ACME_PROFILE: acme('profile'),
  GATEHOUSE_TLS_ACME_CA_FILE: acme('caFile'),
  GATEHOUSE_TLS_ACME_EAB_KEY_ID: externalAccount('keyId'),
  GATEHOUSE_TLS_ACME_EAB_KEY_FILE: externalAccount('hmacKeyFile'),
  GATEHOUSE_TLS_VAULT_PKI_ROLE: vaultPki('role'),
  GATEHOUSE_TLS_VAULT_PKI_MOUNT: vaultPki('mount'),
  GATEHOUSE_TLS_VAULT_PKI_SPIFFE_ID: vaultPki('spiffeId'),
  GATEHOUSE_TLS_IDENTITY_CERT_FILE: identity('files', 'certFile'),
  GATEHOUSE_TLS_IDENTITY_KEY_FILE: identity('files', 'keyFile'),
  GATEHOUSE_TLS_IDENTITY_VAULT_PKI_ROLE: identity('vaultPki', 'role'),
  GATEHOUSE_TLS_IDENTITY_VAULT_PKI_MOUNT: identity('vaultPki', 'mount'),
  GATEHOUSE_TLS_IDENTITY_SPIFFE_ID: identity('vaultPki', 'spiffeId'),
  GATEHOUSE_TLS_IDENTITY_NAMES: (target, value) => (target.identity = { ...target.identity, names: list(value) }),
  GATEHOUSE_TLS_RELOAD_POLL_MS: reload('pollMs'),
  GATEHOUSE_TLS_RELOAD_SETTLE_MS: reload('settleMs'),
  GATEHOUSE_TLS_WEBHOOK_URL_FILE: (target, value) => (target.webhookUrlFile = value),
  GATEHOUSE_TLS_CLIENT_CERTIFICATES: (target, value) => (target.clientCertificates.mode = value),
  GATEHOUSE_TLS_CLIENT_CA_FILE: (target, value) => (target.clientCertificates.caFile = value),
  GATEHOUSE_TLS_CLIENT_CRL_FILE: (target, value) => (target.clientCertificates.crlFile = value),
  GATEHOUSE_TLS_PROXIED_PROTOCOL: (target, value) => (target.proxied = { ...target.proxied, protocol: value }),
  GATEHOUSE_TLS_PROXIED_FROM: (target, value) => (target.proxied = { ...target.proxied, from: list(value) }),
};

/** The settings that this lib reads from the environment. */
export const tlsEnvironment: readonly string[] = [
  'GATEHOUSE_TLS_CERT_FILE',
  'GATEHOUSE_TLS_KEY_FILE',
  ...Object.keys(SETTINGS),
];

/**
 * The options in force: those of the descriptor, then the environment.
 *
 * @throws TlsError naming the variables
 */
export function resolveTlsOptions(options: TlsOptions, env: NodeJS.ProcessEnv = {}): TlsOptions {
  const target: Target = { ...options, clientCertificates: { ...options.clientCertificates } };
  const files = filesOf(env);
  if (files) target.files = files;
  const used = Object.entries(SETTINGS).filter(([name]) => env[name]);
  refuseLeftOut(env);
  for (const [name, apply] of used) apply(target, env[name] as string);
  const parsed = tlsOptionsSchema.safeParse(target);
  if (parsed.success && env.GATEHOUSE_TLS_CLIENT_CA_FILE && parsed.data.clientCertificates.mode === 'off')
    throw new TlsError(
      'GATEHOUSE_TLS_CLIENT_CA_FILE is set, and nobody is asked for a certificate: set GATEHOUSE_TLS_CLIENT_CERTIFICATES to optional or required, or unset the file.',
    );
  if (parsed.success) return parsed.data;
  const names = used.map(([name]) => `${name}=${env[name]}`).join(', ') || 'the TLS options';
  throw new TlsError(`${names}: ${z.prettifyError(parsed.error)}`);
}

/** A source that is configured and left out of the order would be ignored without a word. */
function refuseLeftOut(env: NodeJS.ProcessEnv): void {
  const { GATEHOUSE_TLS_SOURCES: order } = env;
  for (const [source, setting] of Object.entries(SETTING_OF_SOURCE)) {
    if (!order || !env[setting] || list(order).includes(source)) continue;
    throw new TlsError(
      `${setting} is set, and GATEHOUSE_TLS_SOURCES=${order} leaves ${source} out: add it there, or unset ${setting}.`,
    );
  }
}

const SETTING_OF_SOURCE = {
  files: 'GATEHOUSE_TLS_CERT_FILE',
  acme: 'GATEHOUSE_TLS_ACME_DIRECTORY_URL',
  'vault-pki': 'GATEHOUSE_TLS_VAULT_PKI_ROLE',
};

/** Several pairs are separated by commas, in the same order in both variables. */
function filesOf(env: NodeJS.ProcessEnv): TlsOptions['files'] | undefined {
  const certFiles = env.GATEHOUSE_TLS_CERT_FILE ? list(env.GATEHOUSE_TLS_CERT_FILE) : [];
  const keyFiles = env.GATEHOUSE_TLS_KEY_FILE ? list(env.GATEHOUSE_TLS_KEY_FILE) : [];
  if (certFiles.length === 0 && keyFiles.length === 0) return undefined;
  if (certFiles.length !== keyFiles.length)
    throw new TlsError(
      `set both GATEHOUSE_TLS_CERT_FILE and GATEHOUSE_TLS_KEY_FILE, with as many files in each (${certFiles.length} and ${keyFiles.length} now).`,
    );
  return certFiles.map((certFile, index) => ({ certFile, keyFile: keyFiles[index] ?? '' }));
}
