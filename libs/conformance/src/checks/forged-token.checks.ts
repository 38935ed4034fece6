// Tokens that anybody can forge who has seen one (RFC 8725 §2): each is made from a good token that was tried before, and sent to every
// protected route.
import { skip, type Check } from '../check.ts';
import { byHmac, publicJwk, signed, strangersKey, unsigned } from '../credentials/jwt.ts';
import { freshClaims, modelToken } from '../credentials/known.token.ts';
import { refusedByAll, type Credential } from '../credentials/protected.routes.ts';
import { publicKeyOf, secretsOf } from '../credentials/public.keys.ts';

export const authAlgNone: Check = {
  id: 'auth-alg-none',
  title: 'A token without a signature is refused',
  control: ['ASVS V9.1.2', 'RFC 8725 §3.2', 'API2:2023'],
  severity: 'critical',
  remedy: 'verify against a list of algorithms of your own; none is not on it, in any spelling',
  async run(target, note) {
    const model = await modelToken(target);
    const none = (alg: string) =>
      forged(`a token with alg "${alg}"`, () => `${unsigned({ ...model.header, alg }, freshClaims(model))}.`);
    return refusedByAll(target, [none('none'), none('nOnE')], note);
  },
};

export const authHmacConfusion: Check = {
  id: 'auth-hmac-confusion',
  title: 'A token by HMAC with the public key is refused',
  control: ['ASVS V9.1.2', 'RFC 8725 §3.1', 'API2:2023'],
  severity: 'critical',
  remedy: 'let the key say its algorithm, never the token: a public key verifies no HMAC',
  async run(target, note) {
    const model = await modelToken(target);
    const secrets = secretsOf(await publicKeyOf(target, model));
    const tokens = secrets.map((secret) =>
      forged('a token by HMAC with the public key', () => byHmac(model.header, freshClaims(model), secret)),
    );
    return refusedByAll(target, tokens, note);
  },
};

export const authForeignKey: Check = {
  id: 'auth-foreign-key',
  title: "A token by somebody else's key is refused",
  control: ['ASVS V9.1.1', 'ASVS V9.1.3', 'RFC 8725 §3.10', 'API2:2023'],
  severity: 'critical',
  remedy: 'take keys from the pinned address of the issuer alone; ignore jwk, jku and x5u in a token',
  async run(target, note) {
    const model = await modelToken(target);
    const key = strangersKey();
    const { kid: _, ...nameless } = model.header;
    const by = (header: object) => () => signed({ ...header, alg: key.algorithm }, freshClaims(model), key);
    return refusedByAll(
      target,
      [
        forged("a token by another key under the issuer's kid", by(model.header)),
        forged('a token by an unknown kid', by({ ...model.header, kid: 'conformance' })),
        forged('a token that brings its own key', by({ ...nameless, jwk: publicJwk(key) })),
      ],
      note,
    );
  },
};

export const authTampered: Check = {
  id: 'auth-tampered',
  title: 'A token that was changed is refused',
  control: ['ASVS V9.1.1', 'RFC 7515 §5.2', 'API2:2023'],
  severity: 'critical',
  remedy: 'verify the signature over header and claims as they came, also where tokens are cached',
  async run(target, note) {
    const model = await modelToken(target);
    const changed = (signature: string) => () => `${unsigned(model.header, freshClaims(model))}.${signature}`;
    return refusedByAll(
      target,
      [
        forged('a token with other claims', changed(model.signature)),
        forged('a token without its signature', changed('')),
      ],
      note,
    );
  },
};

export const authRevoked: Check = {
  id: 'auth-revoked',
  title: 'A revoked token is refused',
  control: ['ASVS V7.4.1', 'ASVS V7.4.2', 'API2:2023'],
  severity: 'high',
  remedy: 'ask for revocations on every request, also where verified tokens are cached',
  async run(target, note) {
    await modelToken(target);
    const revoked =
      target.options.revokedToken ?? skip('a token that was revoked has to be given (--revoked-token-file <file>)');
    return refusedByAll(target, [forged('a revoked token', () => revoked)], note);
  },
};

/** One as a Bearer token. */
function forged(what: string, make: () => string): Credential {
  return { what, headers: () => ({ authorization: `Bearer ${make()}` }) };
}
