// Where the keys of an issuer come from: an address on the allow-list of a client of its own, a file, or a value. Bounded in size and
// time, over verified TLS (ASVS 5.0 V10.5.4).
import { readFile } from 'node:fs/promises';
import type { JWK } from 'jose';
import { z } from 'zod';
import type { HttpClient } from '@gatehouse/http-client';
import type { IssuerOptions } from '../authn.options.ts';

/** Reads the keys as they are now. */
export type ReadKeySet = () => Promise<readonly JWK[]>;

const keySet = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })) });

const MAX_BYTES = 262_144;

export function keySetSource(options: IssuerOptions): ReadKeySet {
  const { jwks, jwksFile, jwksUri } = options;
  if (jwks) return async () => jwks.keys as JWK[];
  if (jwksFile !== undefined)
    return async () => keySet.parse(JSON.parse(await readFile(jwksFile, 'utf8'))).keys as JWK[];
  return fromAddress(jwksUri as string, options);
}

function fromAddress(jwksUri: string, { caFile, networks, insecureLoopback }: IssuerOptions): ReadKeySet {
  const { host } = new URL(jwksUri);
  // Made at the first fetch: the CA file of a laptop appears when its identity provider starts.
  const connect = async () => {
    const { createHttpClient } = await import('@gatehouse/http-client'); // 40 ms that no start waits for
    return createHttpClient(
      {
        allow: [{ host, networks }],
        ca: caFile === undefined ? undefined : await readFile(caFile, 'utf8'),
        insecureLoopback,
        timeouts: { totalMs: 5_000 },
        retry: { attempts: 0 },
        limits: { responseBytes: MAX_BYTES },
      },
      { name: `keys of ${host}` },
    );
  };
  let client: HttpClient | undefined;
  // Asked again and again: an issuer that says so need not send what has not changed (RFC 9110 §13.1.2).
  let last: { etag: string; keys: readonly JWK[] } | undefined;
  return async () => {
    client ??= await connect();
    const accept = 'application/jwk-set+json, application/json';
    const headers = { accept, ...(last && { 'if-none-match': last.etag }) };
    const answer = await client.get(jwksUri, { headers });
    if (last && answer.status === 304) return last.keys;
    if (!answer.ok) throw new Error(`${host} answered ${answer.status}`);
    const keys = answer.json(keySet).keys as JWK[];
    const { etag } = answer.headers;
    last = etag === undefined ? undefined : { etag, keys };
    return keys;
  };
}
