// The provider: client credentials, authorization code with PKCE, DPoP, certificate-bound tokens; access tokens as JWT (RFC 9068) for
// whatever service the caller names. node-oidc-provider does it; what stands here is who exists and what a token says.
import { Provider, type Configuration, type JWKS, type KoaContextWithOIDC } from 'oidc-provider';
import { clientSecret, type IdentitySecrets } from './identity.secrets.ts';
import { findCaller, RESERVED_SCOPES, seededCallers, WEB_CLIENT } from './seeded.callers.ts';
import { signingKeys } from './signing.keys.ts';

/** The resource that stands for a service: its audience behind this. */
export const RESOURCE = 'urn:gatehouse:';

/** RFC 8628 §3.4. */
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

const TOKEN_SECONDS = 900;

/** @param issuer such as https://localhost:8400 */
export async function identityProvider(issuer: string, secrets: IdentitySecrets): Promise<Provider> {
  const jwks = { keys: await signingKeys(secrets.get('signingKeys').reveal()) } as JWKS;
  const cookieKeys = secrets
    .get('cookieKeys')
    .reveal()
    .map((key) => Buffer.from(key).toString('base64url'));
  return new Provider(issuer, { ...configuration, jwks, cookies: { keys: cookieKeys }, clients: clients(secrets) });
}

function clients(secrets: IdentitySecrets): Configuration['clients'] {
  const machine = seededCallers.map(({ name }) => ({
    client_id: name,
    client_secret: clientSecret(secrets, name),
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  }));
  const web = {
    client_id: WEB_CLIENT,
    token_endpoint_auth_method: 'none' as const,
    application_type: 'native' as const,
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
    response_types: ['code' as const],
  };
  return [...machine, web];
}

const configuration: Configuration = {
  pkce: { required: () => true },
  findAccount: (_context, name) =>
    findCaller(name) && { accountId: name, claims: () => Promise.resolve({ sub: name, ...findCaller(name) }) },
  extraTokenClaims(_context, token) {
    const caller = findCaller('accountId' in token ? (token.accountId as string) : token.clientId);
    return { tenant: caller?.tenant, plan: caller?.plan };
  },
  ttl: {
    AccessToken: TOKEN_SECONDS,
    ClientCredentials: TOKEN_SECONDS,
    Grant: 86_400,
    Interaction: 3_600,
    Session: 86_400,
  },
  clientAuthMethods: ['client_secret_basic', 'none'],
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  renderError(context, { error, error_description: why }) {
    context.type = 'json';
    context.body = { error, error_description: why };
  },
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  features: {
    clientCredentials: { enabled: true },
    dPoP: { enabled: true },
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    userinfo: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `${RESOURCE}api`,
      useGrantedResource: () => true,
      getResourceServerInfo: (context, resource, client) => ({
        scope: grantable(asked(context), who(context, client.clientId)),
        audience: resource.startsWith(RESOURCE) ? resource.slice(RESOURCE.length) : resource,
        accessTokenTTL: TOKEN_SECONDS,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
};

/** At the token endpoint no scope is said again: it is that of the code. */
function asked({ oidc: { params, entities } }: KoaContextWithOIDC): string {
  const { AuthorizationCode, DeviceCode, RefreshToken } = entities;
  const earlier = AuthorizationCode?.scope ?? DeviceCode?.scope ?? RefreshToken?.scope;
  return String(params?.scope ?? earlier ?? '');
}

/** Of the client `web` who signed in; undefined before anybody did. */
function who({ oidc }: KoaContextWithOIDC, client: string): string | undefined {
  return client === WEB_CLIENT ? (oidc.account?.accountId ?? oidc.session?.accountId) : client;
}

/** On a laptop whatever is asked for, so that a generated service's scopes need no entry here; save what only one may have. */
function grantable(scope: string, caller: string | undefined): string {
  const may = (one: string) =>
    RESERVED_SCOPES[one] === undefined || caller === undefined || RESERVED_SCOPES[one] === caller;
  return scope.split(' ').filter(may).join(' ');
}
