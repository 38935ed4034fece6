// Whose a refused credential claimed to be: so that tries on one account, or on many, can be told apart. Nothing of it is proven, and
// nothing of the secret part is kept.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const MAX = 64;

/** What stands for an account; `issuer` is what a token says of itself. */
type Identify = (account: string, issuer?: string) => string;

/**
 * @param identify by default the account in few printable characters
 * @returns the account, or undefined where no credential came, or one that is merely over: whoever guesses has nothing of an expired
 * token, and every honest client tries one now and then
 */
export function claimedAccount(
  headers: IncomingHttpHeaders,
  now: number,
  identify: Identify = printable,
): string | undefined {
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string') return `key ${fingerprint(apiKey)}`;
  const [scheme = '', value = ''] = headers.authorization?.trim().split(/\s+/, 2) ?? [];
  if (value === '') return undefined;
  if (/^basic$/i.test(scheme)) return identify(Buffer.from(value, 'base64').toString().split(':', 1)[0] ?? '');
  const claims = claimsOf(value);
  if (!claims) return `key ${fingerprint(value)}`;
  if (typeof claims.exp === 'number' && claims.exp * 1_000 < now) return undefined;
  const issuer = typeof claims.iss === 'string' ? claims.iss : undefined;
  return identify(typeof claims.sub === 'string' ? claims.sub : '(none)', issuer);
}

/** The public part of a key (`prefix.secret`, `prefix_id_secret`) has no form that all share: the beginning, hashed. */
const fingerprint = (key: string): string => createHash('sha256').update(key.slice(0, 16)).digest('hex').slice(0, 16);

/** Few characters, none of which breaks a line. */
export const printable = (account: string): string => account.slice(0, MAX).replaceAll(/[^\w@.+:|-]/g, '?') || '(none)';

function claimsOf(token: string): { iss?: unknown; sub?: unknown; exp?: unknown } | undefined {
  const parts = token.split('.');
  if (parts.length !== 3 || token.length > 8_192) return undefined;
  try {
    return Object(JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString())) as object;
  } catch {
    return undefined;
  }
}
