// Which credential a request carries: one of Authorization (Bearer or DPoP) and X-API-Key, never two, never in the query (RFC 6750 §2.3
// is not offered: URLs are logged).
import type { IncomingHttpHeaders } from 'node:http';
import { looksLikeApiKey } from './api-key/api-key.format.ts';
import { twoCredentials } from './challenge.ts';

/** What was sent, taken apart and not yet believed. */
export interface SentCredential {
  readonly scheme: 'bearer' | 'dpop';
  readonly kind: 'token' | 'api-key';
  readonly text: string;
}

const AUTHORIZATION = /^(bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * The credential; undefined for none, `malformed` for something that is none of ours.
 * @throws ProblemError 400 for two
 */
export function readCredential(
  headers: IncomingHttpHeaders,
  maxBytes: number,
): SentCredential | 'malformed' | undefined {
  const { authorization, 'x-api-key': apiKey } = headers;
  if (apiKey !== undefined) {
    if (authorization !== undefined) throw twoCredentials();
    if (typeof apiKey !== 'string' || !looksLikeApiKey(apiKey) || apiKey.length > maxBytes) return 'malformed';
    return { scheme: 'bearer', kind: 'api-key', text: apiKey };
  }
  if (authorization === undefined) return undefined;
  if (authorization.length > maxBytes) return 'malformed';
  const [, scheme, text] = AUTHORIZATION.exec(authorization) ?? [];
  if (!scheme || !text) return 'malformed';
  const isDpop = scheme.toLowerCase() === 'dpop';
  if (looksLikeApiKey(text)) return isDpop ? 'malformed' : { scheme: 'bearer', kind: 'api-key', text };
  return { scheme: isDpop ? 'dpop' : 'bearer', kind: 'token', text };
}
