// Where secrets are: non-secret settings by environment. A secret itself never comes that way: the environment of a process is shown
// by /proc, crash reports, child processes and container inspection (CWE-526, ASVS 5.0 V13.3.1).
import { SecretsError } from './secrets.error.ts';
import type { SecretDeclarations } from './secret.declaration.ts';
import { type VaultClientOptions, vaultClientOptionsSchema } from './vault/vault.options.ts';

/** Every setting that this lib reads. */
export const secretsEnvironment = [
  'GATEHOUSE_SECRETS_FOLDER',
  'GATEHOUSE_SECRETS_KEY_FILE',
  'GATEHOUSE_VAULT_ADDR',
  'GATEHOUSE_VAULT_CA_FILE',
  'GATEHOUSE_VAULT_NAMESPACE',
  'GATEHOUSE_VAULT_AUTH',
  'GATEHOUSE_VAULT_AUTH_MOUNT',
  'GATEHOUSE_VAULT_ROLE',
  'GATEHOUSE_VAULT_ROLE_ID',
  'GATEHOUSE_VAULT_SECRET_ID_FILE',
  'GATEHOUSE_VAULT_JWT_FILE',
  'GATEHOUSE_VAULT_CERT_FILE',
  'GATEHOUSE_VAULT_KEY_FILE',
  'GATEHOUSE_VAULT_TOKEN_FILE',
] as const;

/** Read by other clients of a vault; here they would be a secret in the environment, or weaken TLS. */
const REFUSED = [
  ...['VAULT_TOKEN', 'BAO_TOKEN', 'VAULT_SECRET_ID', 'GATEHOUSE_VAULT_TOKEN', 'GATEHOUSE_VAULT_SECRET_ID'],
  ...['VAULT_SKIP_VERIFY', 'BAO_SKIP_VERIFY'],
];

/**
 * Refuses declared secrets, and what other vault clients read, in the environment.
 * @throws SecretsError `environment-refused` naming the variables, not their values
 */
export function refuseEnvironment(
  declared: SecretDeclarations,
  env: NodeJS.ProcessEnv,
  context: { service: string; vault: boolean },
): void {
  const service = snake(context.service);
  const forms = Object.keys(declared)
    .map(snake)
    .flatMap((name) => [name, `GATEHOUSE_${name}`, `GATEHOUSE_SECRET_${name}`, `${service}_${name}`])
    .filter((name) => !AMBIGUOUS.has(name));
  const found = [...forms, ...(context.vault ? REFUSED : [])].filter((name) => env[name]);
  if (found.length === 0) return;
  throw new SecretsError(
    'environment-refused',
    `secrets are not taken from the environment: ${found.join(', ')}`,
    'Unset it; put the value into a file of GATEHOUSE_SECRETS_FOLDER, into the vault, or: gatehouse secrets set. ' +
      'A token of the vault: GATEHOUSE_VAULT_TOKEN_FILE. Its certificate is always checked: GATEHOUSE_VAULT_CA_FILE.',
  );
}

/** A name that a platform sets for other reasons says nothing. */
const AMBIGUOUS = new Set(['PATH', 'HOME', 'USER', 'DATABASE', 'HOSTNAME', 'LANG', 'SHELL', 'TERM', 'PWD']);

const snake = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/-/g, '_')
    .toUpperCase();

/**
 * The vault that the environment names; undefined where it names none.
 * @throws SecretsError `options-invalid` naming the setting
 */
export function vaultFromEnvironment(env: NodeJS.ProcessEnv): VaultClientOptions | undefined {
  const setting = (name: string) => env[`GATEHOUSE_VAULT_${name}`] || undefined;
  const address = setting('ADDR');
  if (!address) return undefined;
  const method = setting('AUTH') ?? 'approle';
  const all = {
    mount: setting('AUTH_MOUNT'),
    role: setting('ROLE'),
    roleId: setting('ROLE_ID'),
    secretIdFile: setting('SECRET_ID_FILE'),
    jwtFile: setting('JWT_FILE'),
    certFile: setting('CERT_FILE'),
    keyFile: setting('KEY_FILE'),
    tokenFile: setting('TOKEN_FILE'),
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const options = { address, caFile: setting('CA_FILE'), namespace: setting('NAMESPACE'), auth: { method, ...given } };
  const parsed = vaultClientOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || 'auth'}: ${message}`);
  throw new SecretsError(
    'options-invalid',
    `the settings GATEHOUSE_VAULT_… are not valid:\n${wrong.join('\n')}`,
    'auth.x is the setting GATEHOUSE_VAULT_X; auth.method is GATEHOUSE_VAULT_AUTH: approle, kubernetes, jwt, cert, token.',
  );
}
