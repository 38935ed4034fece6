// Tokens that only the issuer can sign, and that are not meant for this service, now, or this caller. They need its key, so they run where
// a test has an issuer of its own.
import { skip, type Check } from '../check.ts';
import { issuerOf, modelToken, type Issue } from '../credentials/known.token.ts';
import { findingsOf, nameOf, protectedRoutes, refusedByAll, requestTo } from '../credentials/protected.routes.ts';

const HOUR = 3_600;
const now = (): number => Math.floor(Date.now() / 1_000);

export const authExpired = issued({
  id: 'auth-expired',
  title: 'An expired token is refused',
  control: ['ASVS V9.2.1', 'RFC 7519 §4.1.4', 'API2:2023'],
  severity: 'high',
  remedy: 'require exp, and refuse what is over, by a clock that may differ by seconds',
  what: 'an expired token',
  make: (issue) => issue({ iat: now() - 2 * HOUR, exp: now() - HOUR }),
});

export const authNotYetValid = issued({
  id: 'auth-not-yet-valid',
  title: 'A token that is not valid yet is refused',
  control: ['ASVS V9.2.1', 'RFC 7519 §4.1.5'],
  severity: 'medium',
  remedy: 'look at nbf where there is one',
  what: 'a token that is valid in an hour',
  make: (issue) => issue({ nbf: now() + HOUR, exp: now() + 2 * HOUR }),
});

export const authAudience = issued({
  id: 'auth-audience',
  title: 'A token for another service is refused',
  control: ['ASVS V9.2.3', 'RFC 9068 §4', 'API2:2023'],
  severity: 'high',
  remedy: 'require aud to name this service: a token that another one was shown is not for here',
  what: 'a token for another audience',
  make: (issue) => issue({ aud: 'https://conformance.example/another-service' }),
});

export const authIssuer = issued({
  id: 'auth-issuer',
  title: 'A token of another issuer is refused',
  control: ['ASVS V9.1.3', 'RFC 8725 §3.8', 'API2:2023'],
  severity: 'high',
  remedy: 'compare iss with the configured issuer, character for character, and use the keys of that one alone',
  what: 'a token of another issuer',
  make: (issue) => issue({ iss: 'https://conformance.example' }),
});

export const authTokenType: Check = {
  ...issued({
    id: 'auth-token-type',
    title: 'An ID token is no access token',
    control: ['ASVS V9.2.2', 'RFC 9068 §2.1', 'RFC 8725 §3.11'],
    severity: 'medium',
    remedy: 'require typ "at+jwt" where the issuer writes it',
    what: 'a token of another type',
    make: (issue) => issue({}, { typ: 'JWT' }),
  }),
};

export const authScope: Check = {
  id: 'auth-scope',
  title: 'A token without the scopes of a route is refused',
  control: ['ASVS V8.2.1', 'ASVS V10.3.2', 'API5:2023'],
  severity: 'high',
  remedy: 'ask for the scopes of the route before its handler runs, and answer 403',
  async run(target) {
    const issue = await issuerOf(target);
    const model = await modelToken(target);
    const claim = 'scp' in model.claims ? 'scp' : 'scope';
    const held = scopesOf(model.claims[claim]);
    const { api, operations } = await protectedRoutes(target);
    const scoped = operations.filter(({ access }) => access.scopes.length > 0);
    if (scoped.length === 0) skip('the OpenAPI document names no scopes');
    const answers = scoped.map((operation) => {
      const rest = held.filter((scope) => !operation.access.scopes.includes(scope));
      const token = issue({ [claim]: Array.isArray(model.claims[claim]) ? rest : rest.join(' ') });
      const request = requestTo(target, api, operation);
      const headers = { ...request.headers, authorization: `Bearer ${token}` };
      return target.stranger({ ...request, headers, label: nameOf(operation) });
    });
    return findingsOf('a token with every scope but those of the route', await Promise.all(answers));
  },
};

interface IssuedCheck extends Omit<Check, 'run'> {
  readonly what: string;
  readonly make: (issue: Issue) => string;
}

function issued({ what, make, ...check }: IssuedCheck): Check {
  return {
    ...check,
    async run(target, note) {
      const issue = await issuerOf(target);
      return refusedByAll(target, [{ what, headers: () => ({ authorization: `Bearer ${make(issue)}` }) }], note);
    },
  };
}

function scopesOf(claim: unknown): string[] {
  return Array.isArray(claim)
    ? claim.map(String)
    : String(claim ?? '')
        .split(' ')
        .filter(Boolean);
}
