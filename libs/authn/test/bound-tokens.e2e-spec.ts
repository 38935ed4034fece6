// Tokens that only their holder may use: DPoP (RFC 9449) and client certificates (RFC 8705).
import { X509Certificate } from 'node:crypto';
import { clientIdentity } from '@gatehouse/tls';
import { testAuthority } from '@gatehouse/tls/testing';
import { createAuthenticator, type Authenticator } from '../src/index.ts';
import { TestIssuer } from '../src/testing/index.ts';
import { bearer, outcome, request, URL } from './fixtures/callers.ts';

describe('DPoP', () => {
  let issuer: TestIssuer;
  let authenticator: Authenticator;
  let holder: Awaited<ReturnType<typeof TestIssuer.dpopHolder>>;
  let token: string;
  beforeAll(async () => {
    issuer = await TestIssuer.create();
    authenticator = await createAuthenticator({ issuers: [issuer.options] });
    holder = await TestIssuer.dpopHolder();
    token = await issuer.token({ claims: { cnf: { jkt: holder.jkt } } });
  });
  afterAll(() => authenticator.close());

  const send = (proof: string, scheme = 'DPoP', of = token) =>
    outcome(authenticator, request({ authorization: `${scheme} ${of}`, dpop: proof }));

  it('accepts a token with a proof for this request, each proof once', async () => {
    const proof = await holder.proof('GET', URL, token);
    expect((await send(proof)).principal?.binding).toBe('dpop');
    expect(await send(proof)).toMatchObject({ status: 401, reason: 'replayed' });
    expect((await send(await holder.proof('GET', `${URL}?page=2`, token))).principal).toBeDefined();
  });

  const now = () => Math.floor(Date.now() / 1_000);
  it.each([
    ['for another method', () => holder.proof('POST', URL, token), 'proof'],
    ['for another address', () => holder.proof('GET', 'https://localhost/v1/transfers', token), 'proof'],
    ['for another host', () => holder.proof('GET', 'https://evil.test/v1/accounts', token), 'proof'],
    ['for another token', () => holder.proof('GET', URL, 'another'), 'proof'],
    ['that is old', () => holder.proof('GET', URL, token, { iat: now() - 90 }), 'proof'],
    ['from the future', () => holder.proof('GET', URL, token, { iat: now() + 90 }), 'proof'],
    ['without an id', () => holder.proof('GET', URL, token, { jti: undefined }), 'proof'],
    ['by another key', async () => (await TestIssuer.dpopHolder()).proof('GET', URL, token), 'unbound'],
    ['that is no proof', async () => 'hello', 'proof'],
  ] as [string, () => Promise<string>, string][])('rejects a proof %s', async (_what, make, reason) => {
    expect(await send(await make())).toMatchObject({ status: 401, reason });
  });

  it('rejects a bound token as a bearer token, with and without a proof, also when it is cached', async () => {
    expect(await outcome(authenticator, bearer(token))).toMatchObject({ status: 401, reason: 'unbound' });
    expect(await send(await holder.proof('GET', URL, token), 'Bearer')).toMatchObject({ reason: 'unbound' });
  });

  it('rejects a plain token under the DPoP scheme', async () => {
    const plain = await issuer.token();
    expect(await send(await holder.proof('GET', URL, plain), 'DPoP', plain)).toMatchObject({ reason: 'unbound' });
  });

  it('lets one of a hundred through that show the same proof together', async () => {
    const proof = await holder.proof('GET', URL, token);
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(proof)));
    expect(answers.filter(({ principal }) => principal)).toHaveLength(1);
  });

  it('answers 503 when it can remember no more proofs, and forgets none', async () => {
    const small = await createAuthenticator({ issuers: [issuer.options], dpop: { maxProofs: 100 } });
    const proofs = await Promise.all(Array.from({ length: 101 }, () => holder.proof('GET', URL, token)));
    const shown = [];
    for (const proof of [...proofs, proofs[0] as string])
      shown.push(await outcome(small, request({ authorization: `DPoP ${token}`, dpop: proof })));
    expect(shown.slice(0, 100).every(({ principal }) => principal)).toBe(true);
    expect(shown[100]).toMatchObject({ status: 503 });
    expect(shown[101]).toMatchObject({ status: 401, reason: 'replayed' });
    await small.close();
  });
});

describe('client certificates', () => {
  const socketOf = (pem: string) => {
    const peer = new X509Certificate(pem);
    return { authorized: true, getPeerX509Certificate: () => peer };
  };
  const shown = (socket: object) => ({ clientIdentity: () => clientIdentity(socket) });

  it('accepts a bound token over the connection of its certificate, and no other', async () => {
    const issuer = await TestIssuer.create();
    const authenticator = await createAuthenticator({ issuers: [issuer.options] });
    const authority = await testAuthority();
    const [own, others] = [await authority.issue({ names: ['orders'] }), await authority.issue({ names: ['orders'] })];
    const x5t = Buffer.from(new X509Certificate(own.cert).fingerprint256.replaceAll(':', ''), 'hex').toString(
      'base64url',
    );
    const token = await issuer.token({ claims: { cnf: { 'x5t#S256': x5t } } });
    const over = (socket: object) => outcome(authenticator, { ...bearer(token), ...shown(socket) });
    expect((await over(socketOf(own.cert))).principal?.binding).toBe('certificate');
    expect((await over(socketOf(own.cert))).principal).toBeDefined();
    expect(await over(socketOf(others.cert))).toMatchObject({ status: 401, reason: 'unbound' });
    expect(await over({})).toMatchObject({ status: 401, reason: 'unbound' });
    await authenticator.close();
  });

  it('knows listed identities, and no others of the same CA', async () => {
    const authority = await testAuthority();
    const leaf = (name: string) => authority.issue({ names: ['orders'], uris: [`spiffe://example.org/${name}`] });
    const authenticator = await createAuthenticator({
      clientCertificates: [{ id: 'spiffe://example.org/orders', scopes: ['accounts:read'], tenant: 'north' }],
    });
    const over = (socket: object) => outcome(authenticator, request({}, shown(socket)));
    const { principal } = await over(socketOf((await leaf('orders')).cert));
    expect(principal).toMatchObject({ kind: 'client-certificate', id: 'spiffe://example.org/orders', tenant: 'north' });
    expect(await over(socketOf((await leaf('billing')).cert))).toMatchObject({
      status: 401,
      reason: 'client-certificate',
    });
    expect(await over({})).toMatchObject({ status: 401, reason: undefined });
    await authenticator.close();
  });
});
