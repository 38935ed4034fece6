// Tokens that are bound to their holder (RFC 9449, RFC 8705): of no use to a thief, and a proof of no use twice.
import { createHash, randomUUID } from 'node:crypto';
import { skip, type Check } from '../check.ts';
import { publicJwk, signed, strangersKey, thumbprint, type SigningKey } from '../credentials/jwt.ts';
import { issuerOf, type Issue } from '../credentials/known.token.ts';
import { findingsOf, protectedRoutes, refusedByAll, requestTo } from '../credentials/protected.routes.ts';
import type { Target, TargetRequest } from '../target.ts';

export const authUnbound: Check = {
  id: 'auth-unbound',
  title: 'A bound token is refused without the proof of its holder',
  control: ['ASVS V10.3.5', 'RFC 9449 §7.2', 'RFC 8705 §3', 'API2:2023'],
  severity: 'high',
  remedy:
    'where a token has cnf, compare it with the DPoP proof or the client certificate; refuse what cannot be compared',
  async run(target, note) {
    const issue = await issuerOf(target);
    const [holder, thief] = [strangersKey(), strangersKey()];
    const bound = () => boundTo(issue, holder);
    const x5t = createHash('sha256').update('conformance').digest('base64url');
    const asBearer = (token: string) => ({ authorization: `Bearer ${token}` });
    return refusedByAll(
      target,
      [
        { what: 'a DPoP-bound token without a proof', headers: () => asBearer(bound()) },
        {
          what: "a DPoP-bound token with another holder's proof",
          headers: (_operation, request) => proven(target, request, bound(), thief),
        },
        {
          what: 'a token bound to a certificate that is not shown',
          headers: () => asBearer(issue({ cnf: { 'x5t#S256': x5t } })),
        },
      ],
      note,
    );
  },
};

export const authDpopReplay: Check = {
  id: 'auth-dpop-replay',
  title: 'A DPoP proof is refused when it comes again',
  control: ['ASVS V10.3.5', 'RFC 9449 §11.1', 'API2:2023'],
  severity: 'high',
  remedy: 'remember the jti of each proof for as long as it could be shown again, on all replicas',
  async run(target, note) {
    const issue = await issuerOf(target);
    const { api, operations } = await protectedRoutes(target);
    const safe = operations.filter(({ method }) => method === 'GET' || !target.options.readOnly);
    const twice = safe.map(async (operation) => {
      const holder = strangersKey();
      const request = requestTo(target, api, operation);
      const headers = { ...request.headers, ...proven(target, request, boundTo(issue, holder), holder) };
      const first = await target.stranger({ ...request, headers });
      const isTaken = first.status !== 401 && first.status !== 0; // without an answer it may never have arrived
      return isTaken ? [await target.stranger({ ...request, headers })] : [];
    });
    const answers = (await Promise.all(twice)).flat();
    if (answers.length === 0) return skip('the service takes no DPoP-bound tokens');
    if (answers.length < safe.length) note(`${safe.length - answers.length} routes took not even the first proof`);
    return findingsOf('a proof that was shown before', answers);
  },
};

const boundTo = (issue: Issue, holder: SigningKey): string => issue({ cnf: { jkt: thumbprint(publicJwk(holder)) } });

/** The headers of a request that carries a bound token with a proof by this key. */
function proven(target: Target, { method = 'GET', path }: TargetRequest, token: string, key: SigningKey) {
  const { origin, pathname } = new URL(path, target.url);
  const ath = createHash('sha256').update(token).digest('base64url');
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { jti: randomUUID(), htm: method, htu: origin + pathname, iat, ath };
  return { authorization: `DPoP ${token}`, dpop: signed({ typ: 'dpop+jwt', jwk: publicJwk(key) }, claims, key) };
}
