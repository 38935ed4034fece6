// Every way to get a token wrong. The caller cannot tell one from another.
import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import { createAuthenticator, type Authenticator } from '../src/index.ts';
import { TestIssuer } from '../src/testing/index.ts';
import { bearer, outcome, request } from './fixtures/callers.ts';

describe('access tokens', () => {
  let issuer: TestIssuer;
  let other: TestIssuer;
  let authenticator: Authenticator;
  beforeAll(async () => {
    issuer = await TestIssuer.create();
    other = await TestIssuer.create('https://other.example.test', 'gatehouse-test');
    authenticator = await createAuthenticator({ issuers: [issuer.options, other.options] });
  });
  afterAll(() => authenticator.close());

  it('names the caller of a good one', async () => {
    const token = await issuer.token({
      subject: 'ada',
      scopes: ['accounts:read'],
      tenant: 'north',
      claims: { plan: 'gold' },
    });
    const { principal } = await outcome(authenticator, bearer(token));
    expect(principal).toMatchObject({ kind: 'token', id: 'ada', issuer: issuer.issuer, tenant: 'north', plan: 'gold' });
    expect([...(principal?.scopes ?? [])]).toEqual(['accounts:read']);
    expect(principal?.binding).toBeUndefined();
  });

  it('answers a known one without waiting', async () => {
    const token = await issuer.token();
    const first = authenticator.authenticate(bearer(token));
    expect(first).toBeInstanceOf(Promise);
    expect(authenticator.authenticate(bearer(token))).toBeInstanceOf(Promise); // not verified yet
    const principal = await first;
    expect(authenticator.authenticate(bearer(token))).toBe(principal);
  });

  it('accepts several issuers, each by its own key', async () => {
    expect((await outcome(authenticator, bearer(await other.token()))).principal?.issuer).toBe(other.issuer);
    const forged = await new SignJWT(other.claims())
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: issuer.publicJwk.kid })
      .sign(issuer.privateKey);
    expect(await outcome(authenticator, bearer(forged))).toMatchObject({ status: 401, reason: 'unknown-key' });
  });

  const hmacWithThePublicKey = (key: string | Buffer) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const body = `${part({ alg: 'HS256', typ: 'at+jwt', kid: issuer.publicJwk.kid })}.${part(issuer.claims())}`;
    return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
  };
  const tampered = async () => {
    const [head, , signature] = (await issuer.token()).split('.');
    const claims = { ...issuer.claims(), scope: 'everything' };
    return `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
  };
  const withOwnKey = async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const header = { alg: 'ES256', typ: 'at+jwt', kid: issuer.publicJwk.kid, jwk: await exportJWK(publicKey) };
    return new SignJWT(issuer.claims()).setProtectedHeader(header).sign(privateKey);
  };
  const minute = 60;
  const now = () => Math.floor(Date.now() / 1_000);

  const wrong: [string, string, () => string | Promise<string>][] = [
    ['an expired one', 'expired', () => issuer.token({ expiresInSeconds: -2 * minute })],
    ['one not yet valid', 'not-yet-valid', () => issuer.token({ claims: { nbf: now() + 2 * minute } })],
    ['one issued in the future', 'not-yet-valid', () => issuer.token({ claims: { iat: now() + 2 * minute } })],
    ['one that lives for ever', 'lifetime', () => issuer.token({ claims: { exp: now() + 10 * 365 * 86_400 } })],
    ['one for another audience', 'audience', () => issuer.token({ audience: 'somebody-else' })],
    [
      'one of an unknown issuer',
      'unknown-issuer',
      () => issuer.token({ claims: { iss: 'https://evil.example.test' } }),
    ],
    [
      'one whose issuer differs by a slash',
      'unknown-issuer',
      () => issuer.token({ claims: { iss: `${issuer.issuer}/` } }),
    ],
    ['alg none', 'algorithm', () => `${new UnsecuredJWT(issuer.claims()).encode()}`],
    ['HMAC with the public key as JWK', 'algorithm', () => hmacWithThePublicKey(JSON.stringify(issuer.publicJwk))],
    [
      'HMAC with the public coordinate',
      'algorithm',
      () => hmacWithThePublicKey(Buffer.from(issuer.publicJwk.x ?? '', 'base64url')),
    ],
    ['an unknown kid', 'unknown-key', () => issuer.token({ header: { kid: randomUUID() } })],
    ['a tampered one', 'signature', tampered],
    ['one by its own embedded key', 'signature', withOwnKey],
    ['an ID token', 'wrong-type', () => issuer.token({ header: { typ: 'JWT' } })],
    ['one without a type', 'wrong-type', () => issuer.token({ header: { typ: undefined } })],
    [
      'one with an unknown critical header',
      'malformed',
      () => issuer.token({ header: { crit: ['x'], x: 1 } }).catch(() => criticalByHand()),
    ],
    ['one without a subject', 'claims', () => issuer.token({ claims: { sub: undefined } })],
    ['one without an id', 'claims', () => issuer.token({ claims: { jti: undefined } })],
    ['one without an expiry', 'claims', () => issuer.token({ claims: { exp: undefined } })],
    [
      'one with an expiry in text',
      'claims',
      () => issuer.token({ claims: { exp: '9999999999' } }).catch(() => textExpiry()),
    ],
    ['one without a tenant', 'claims', () => issuer.token({ claims: { tenant: undefined } })],
    ['one with a tenant that is no text', 'claims', () => issuer.token({ claims: { tenant: ['a', 'b'] } })],
    ['one with scopes that are no text', 'claims', () => issuer.token({ claims: { scope: { all: true } } })],
    ['one bound in an unknown way', 'unbound', () => issuer.token({ claims: { cnf: { 'x5t#S512': 'x' } } })],
    ['no token at all', 'malformed', () => 'hello'],
    ['an encrypted one', 'malformed', () => 'a.b.c.d.e'],
    ['a very long one', 'malformed', () => 'x'.repeat(9_000)],
  ];
  const byHand = async (header: object, claims: object) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const body = `${part(header)}.${part(claims)}`;
    const key = issuer.privateKey;
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key as never, Buffer.from(body));
    return `${body}.${Buffer.from(signature).toString('base64url')}`;
  };
  const header = () => ({ alg: 'ES256', typ: 'at+jwt', kid: issuer.publicJwk.kid });
  const criticalByHand = () => byHand({ ...header(), crit: ['x'], x: 1 }, issuer.claims());
  const textExpiry = () => byHand(header(), { ...issuer.claims(), exp: '9999999999' });

  it.each(wrong)('rejects %s (%s), and says no more than that', async (_what, reason, make) => {
    const refused = await outcome(authenticator, bearer(await make()));
    expect(refused).toMatchObject({ status: 401, reason });
    expect(refused.challenge).toMatch(/^Bearer error="invalid_token", DPoP algs="[A-Z0-9a-z ]+"$/);
  });

  it('asks for a credential where there is none, without an error', async () => {
    const refused = await outcome(authenticator, request({}));
    expect(refused).toMatchObject({ status: 401, reason: undefined });
    expect(refused.challenge).toMatch(/^Bearer, DPoP algs=/);
  });

  it.each([
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['an empty credential', { authorization: 'Bearer ' }],
    ['two words', { authorization: 'Bearer a b' }],
    ['an API key that is none', { 'x-api-key': 'hello' }],
  ])('rejects %s', async (_what, headers) => {
    expect(await outcome(authenticator, request(headers as Record<string, string>))).toMatchObject({
      status: 401,
      reason: 'malformed',
    });
  });

  it('refuses two credentials in one request', async () => {
    const token = await issuer.token();
    const both = request({ authorization: `Bearer ${token}`, 'x-api-key': 'gh_x' });
    expect(await outcome(authenticator, both)).toMatchObject({ status: 400 });
  });

  it('accepts a clock that is half a minute off, also from the cache', async () => {
    const token = await issuer.token({ expiresInSeconds: 3_600, claims: { nbf: now() + 20, iat: now() + 20 } });
    expect((await outcome(authenticator, bearer(token))).principal).toBeDefined();
  });

  it('ends a cached one when it expires', async () => {
    const token = await issuer.token({ expiresInSeconds: 2 });
    expect((await outcome(authenticator, bearer(token))).principal).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect(() => authenticator.authenticate(bearer(token))).not.toThrow(); // no longer from the cache: verified anew, within the skew
  });

  it('refuses a revoked one at once, though it is cached', async () => {
    const token = await issuer.token({ claims: { jti: 'the-one' } });
    expect((await outcome(authenticator, bearer(token))).principal).toBeDefined();
    await authenticator.revokeToken(issuer.issuer, 'the-one', Date.now() + 3_600_000);
    expect(await outcome(authenticator, bearer(token))).toMatchObject({ status: 401, reason: 'revoked' });
    expect((await outcome(authenticator, bearer(await issuer.token()))).principal).toBeDefined();
  });

  it('refuses all of a subject that was issued until then', async () => {
    const [old, others] = [await issuer.token({ subject: 'eve' }), await issuer.token({ subject: 'bob' })];
    for (const token of [old, others]) await outcome(authenticator, bearer(token));
    await authenticator.revokeSubject(issuer.issuer, 'eve');
    expect(await outcome(authenticator, bearer(old))).toMatchObject({ reason: 'revoked' });
    expect((await outcome(authenticator, bearer(others))).principal).toBeDefined();
    const later = await issuer.token({ subject: 'eve', claims: { iat: now() + 1 } });
    expect((await outcome(authenticator, bearer(later))).principal).toBeDefined();
  });

  it('never answers faster for a wrong one than the cache could tell', async () => {
    const token = await tampered();
    for (let round = 0; round < 3; round++)
      expect(await outcome(authenticator, bearer(token))).toMatchObject({ reason: 'signature' });
  });
});
