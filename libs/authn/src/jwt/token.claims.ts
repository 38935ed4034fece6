// From claims to a principal. A claim of the wrong type is a token that its issuer did not mean so: refused, never guessed at.
import type { JWTPayload } from 'jose';
import { CredentialRefusedError } from '../authn.error.ts';
import type { IssuerOptions } from '../authn.options.ts';
import type { Principal } from '../principal.ts';
import type { VerifiedToken } from './token.verifier.ts';

const MAX_SCOPES = 200;
const MAX_TEXT = 512;

/** @throws CredentialRefusedError `claims`, `lifetime`, `not-yet-valid`, `unbound` */
export function principalOf(
  payload: JWTPayload,
  options: IssuerOptions,
  now: number,
  typ: string | undefined,
): Omit<VerifiedToken, 'key'> {
  const { issuer, clockSkewSeconds, maxLifetimeSeconds } = options;
  const [iat, exp] = [payload.iat as number, payload.exp as number];
  if (iat * 1_000 > now + clockSkewSeconds * 1_000) throw new CredentialRefusedError('not-yet-valid');
  if (exp - iat > maxLifetimeSeconds) throw new CredentialRefusedError('lifetime');
  const isRfc9068 = /^(application\/)?at\+jwt$/i.test(typ ?? '');
  const credentialId = text(payload, 'jti', isRfc9068);
  const clientId = text(payload, 'client_id', isRfc9068) ?? text(payload, 'azp', false);
  const { jkt, x5t } = confirmation(payload.cnf);
  const principal: Principal = Object.freeze({
    kind: 'token',
    id: text(payload, 'sub', true) as string,
    issuer,
    tenant: options.tenantClaim === undefined ? options.tenant : (text(payload, options.tenantClaim, true) as string),
    scopes: new Set(scopes(payload[options.scopeClaim])),
    clientId,
    plan: text(payload, options.planClaim, false),
    credentialId,
    binding: jkt ? 'dpop' : x5t ? 'certificate' : undefined,
    expiresAt: exp * 1_000,
  });
  return { principal, expiresAt: exp * 1_000, issuedAt: iat * 1_000, jkt, x5t };
}

function text(payload: JWTPayload, claim: string, required: boolean): string | undefined {
  const value = payload[claim];
  if (value === undefined && !required) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= MAX_TEXT) return value;
  throw new CredentialRefusedError('claims', { cause: new Error(`${claim} is missing or no text`) });
}

function scopes(claim: unknown): string[] {
  if (claim === undefined) return [];
  const list = typeof claim === 'string' ? claim.split(' ').filter(Boolean) : claim;
  if (Array.isArray(list) && list.length <= MAX_SCOPES && list.every((one) => typeof one === 'string')) return list;
  throw new CredentialRefusedError('claims', { cause: new Error('the scopes are no text') });
}

/** A way of binding that is not known here cannot be checked, so the token is refused (RFC 7800 §3.1). */
function confirmation(cnf: unknown): { jkt?: string; x5t?: string } {
  if (cnf === undefined) return {};
  const { jkt, 'x5t#S256': x5t, ...others } = Object(cnf) as Record<string, unknown>;
  const known = [jkt, x5t].filter((value) => value !== undefined);
  if (Object.keys(others).length > 0 || known.length !== 1 || typeof known[0] !== 'string')
    throw new CredentialRefusedError('unbound', { cause: new Error('cnf names another way than jkt or x5t#S256') });
  return { jkt: jkt as string | undefined, x5t: x5t as string | undefined };
}
