// docker compose run --rm token accounts:read,accounts:write [--as ada] [--tenant north] [--audience api]
// An access token (RFC 9068) by the key that the certs service made: what an identity provider would give. For this stack alone.
import { createPrivateKey, createPublicKey, hash, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const text = { type: 'string' };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    as: { ...text, default: 'ada' },
    tenant: { ...text, default: 'north' },
    audience: { ...text, default: 'api' },
  },
});
const scope = positionals.join(' ').replaceAll(',', ' ').trim();
if (!scope) {
  process.stderr.write('name the scopes: docker compose run --rm token accounts:read,accounts:write\n');
  process.exit(2);
}
const key = createPrivateKey(readFileSync('/keys/issuer/key.pem'));
const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
const now = Math.floor(Date.now() / 1000);
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const kid = hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url');
const body = `${part({ alg: 'ES256', typ: 'at+jwt', kid })}.${part({
  iss: 'https://issuer.gatehouse.internal',
  aud: values.audience,
  sub: values.as,
  client_id: 'compose',
  jti: randomUUID(),
  iat: now,
  exp: now + 3600,
  tenant: values.tenant,
  scope,
})}`;
const signature = sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' });
process.stdout.write(`${body}.${signature.toString('base64url')}\n`);
