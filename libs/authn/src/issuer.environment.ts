// The issuer of a deployment, by environment: nothing of it is a secret.
import { AuthnConfigError } from './authn.error.ts';
import { issuerSchema, type IssuerInput } from './authn.options.ts';

type Read = (value: string) => unknown;
const text: Read = (value) => value;
const seconds: Read = (value) => (/^\d{1,6}$/.test(value) ? Number(value) : value);
const list: Read = (value) => value.split(',').map((item) => item.trim());

const SETTINGS: Readonly<Record<string, readonly [key: keyof IssuerInput, read: Read]>> = {
  GATEHOUSE_ISSUER: ['issuer', text],
  GATEHOUSE_ISSUER_AUDIENCE: ['audience', text],
  GATEHOUSE_ISSUER_JWKS_URI: ['jwksUri', text],
  GATEHOUSE_ISSUER_JWKS_FILE: ['jwksFile', text],
  GATEHOUSE_ISSUER_CA_FILE: ['caFile', text],
  GATEHOUSE_ISSUER_NETWORKS: ['networks', list],
  GATEHOUSE_ISSUER_ALGORITHMS: ['algorithms', list],
  GATEHOUSE_ISSUER_TOKEN_TYPES: ['tokenTypes', list],
  GATEHOUSE_ISSUER_SCOPE_CLAIM: ['scopeClaim', text],
  GATEHOUSE_ISSUER_TENANT_CLAIM: ['tenantClaim', text],
  GATEHOUSE_ISSUER_TENANT: ['tenant', text],
  GATEHOUSE_ISSUER_REFRESH_SECONDS: ['refreshSeconds', seconds],
};

/** Every setting that this lib reads. */
export const authnEnvironment: readonly string[] = Object.keys(SETTINGS);

/**
 * The issuer that the environment names; undefined where it names none.
 * @throws AuthnConfigError naming each setting that is wrong
 */
export function issuerFromEnvironment(env: NodeJS.ProcessEnv, audience: string): IssuerInput | undefined {
  const given = Object.entries(SETTINGS).filter(([name]) => env[name]);
  if (given.length === 0) return undefined;
  const options = Object.fromEntries(given.map(([name, [key, read]]) => [key, read(env[name] as string)]));
  const parsed = issuerSchema.safeParse({ audience, ...options });
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => {
    const name = Object.entries(SETTINGS).find(([, [key]]) => key === path[0])?.[0];
    return `  ${name ?? 'GATEHOUSE_ISSUER'}: ${message}`;
  });
  throw new AuthnConfigError(
    `the settings GATEHOUSE_ISSUER… are not valid:\n${wrong.join('\n')}`,
    'See docs/identity-providers.md.',
  );
}
