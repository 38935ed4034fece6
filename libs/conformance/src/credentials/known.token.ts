// The good token that forgeries are made from, and the issuer's key where the suite has it. Both are tried first: that a service refuses
// a forgery proves nothing while it refuses the original too.
import { randomUUID } from 'node:crypto';
import { skip } from '../check.ts';
import type { Target } from '../target.ts';
import { isProtected, requestTo } from './protected.routes.ts';
import { readJwt, signed, signingKeyOf, type Jwt, type SigningKey } from './jwt.ts';

/** Makes good tokens: what is changed makes them bad. */
export type Issue = (claims?: object, header?: object) => string;

/** The parts of the good token; skips the check where there is none that forgeries can be made from. */
export function modelToken(target: Target): Promise<Jwt> {
  return target.once('model token', async () => {
    const { token } = target.options;
    if (token === undefined) return skip('forgeries are made from a good token: name one with --token');
    const jwt = readJwt(token) ?? skip('the token is no JWT, so nothing can be forged from it');
    await accepted(target, token, 'the token that was given');
    return jwt;
  });
}

/** What an issuer would sign; skips the check where its key was not given. */
export function issuerOf(target: Target): Promise<Issue> {
  return target.once('issuer', async () => {
    const jwk = await target.issuerKey();
    if (jwk === undefined) return skip('such a token needs the key of its issuer (--issuer-key <file>)');
    const model = await modelToken(target);
    const issue = issuing(model, signingKeyOf(jwk, String(model.header.alg)));
    await accepted(target, issue(), 'a good token by the key of --issuer-key');
    return issue;
  });
}

/** Claims as good as the model's, of somebody whom nobody has seen: the wrong tries of one are not counted against another. */
export function freshClaims({ claims }: Jwt): Readonly<Record<string, unknown>> {
  const now = Math.floor(Date.now() / 1_000);
  return { ...claims, sub: `conformance-${randomUUID()}`, jti: randomUUID(), iat: now, exp: now + 600 };
}

function issuing(model: Jwt, key: SigningKey): Issue {
  return (claims, header) =>
    signed(
      { ...model.header, ...(key.kid !== undefined && { kid: key.kid }), ...header },
      { ...freshClaims(model), ...claims },
      key,
    );
}

/** @throws {Error} when every protected route answers 401 to it */
async function accepted(target: Target, token: string, what: string): Promise<void> {
  const api = await target.api();
  const routes = api.operations
    .filter(isProtected)
    .sort((a, b) => Number(b.method === 'GET') - Number(a.method === 'GET'));
  for (const operation of routes.slice(0, 5)) {
    const headers = { authorization: `Bearer ${token}` };
    const { status } = await target.stranger({ ...requestTo(target, api, operation, 'harmless'), headers });
    if (status !== 401 && status !== 429 && status > 0 && status < 500) return;
  }
  if (routes.length > 0) throw new Error(`${what} is not accepted: that others are refused would prove nothing`);
}
