// Signatures and encodings that libraries have been caught accepting, in the classes of Project Wycheproof's tests, against the whole
// verifier: each token is a good one with one thing changed. Then a thousand that are changed at random.
import { createPublicKey, generateKeyPairSync, randomInt, randomUUID, sign, type KeyObject } from 'node:crypto';
import { createAuthenticator, type Authenticator, type IssuerInput } from '../src/index.ts';
import { TestIssuer } from '../src/testing/index.ts';
import { bearer, outcome, request, URL } from './fixtures/callers.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const N_P256 = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const L_ED25519 = 2n ** 252n + 27742317777372353535851937790883648493n;

const part = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('hostile signatures', () => {
  let issuer: TestIssuer;
  let authenticator: Authenticator;
  const keys = {
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    EdDSA: generateKeyPairSync('ed25519').privateKey,
  };
  const jwk = (alg: keyof typeof keys) => ({
    ...createPublicKey(keys[alg]).export({ format: 'jwk' }),
    kid: alg,
    alg,
  });

  beforeAll(async () => {
    issuer = await TestIssuer.create();
    const jwks = { keys: [jwk('ES256'), jwk('RS256'), jwk('EdDSA')] } as IssuerInput['jwks'];
    authenticator = await createAuthenticator({ issuers: [{ ...issuer.options, jwks }] });
  });
  afterAll(() => authenticator.close());

  const body = (alg: string, header: object = {}) =>
    `${part({ alg, typ: 'at+jwt', kid: alg, ...header })}.${part(issuer.claims())}`;
  const signature = (text: string, alg: keyof typeof keys, options: object = {}) => {
    const how = { key: keys[alg] as KeyObject, dsaEncoding: 'ieee-p1363' as const, ...options };
    return sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(text), how);
  };
  const made = (alg: keyof typeof keys, change: (good: Buffer) => Buffer, options = {}) => {
    const text = body(alg);
    return `${text}.${change(signature(text, alg, options)).toString('base64url')}`;
  };
  const same = (good: Buffer) => good;
  const withHeader = (header: object, alg: keyof typeof keys = 'ES256') => {
    const text = body(alg, header);
    return `${text}.${signature(text, alg).toString('base64url')}`;
  };
  const withText = (header: string) => {
    const text = `${part(header)}.${part(issuer.claims())}`;
    return `${text}.${signature(text, 'ES256').toString('base64url')}`;
  };
  const zero = Buffer.alloc(32);

  it.each(['ES256', 'RS256', 'EdDSA'] as const)('accepts an honest one: %s', async (alg) => {
    expect((await outcome(authenticator, bearer(made(alg, same)))).principal).toBeDefined();
  });

  it.each<[string, () => string]>([
    ['ECDSA with r = s = 0', () => made('ES256', () => Buffer.alloc(64))],
    ['ECDSA with r = 0', () => made('ES256', (good) => Buffer.concat([zero, good.subarray(32)]))],
    ['ECDSA with s = 0', () => made('ES256', (good) => Buffer.concat([good.subarray(0, 32), zero]))],
    ['ECDSA with r = s = n', () => made('ES256', () => Buffer.concat([N_P256, N_P256]))],
    ['ECDSA in DER', () => made('ES256', same, { dsaEncoding: 'der' })],
    ['ECDSA a byte short', () => made('ES256', (good) => good.subarray(1))],
    ['ECDSA a byte long', () => made('ES256', (good) => Buffer.concat([good, Buffer.alloc(1)]))],
    [
      'ECDSA with r and s changed over',
      () => made('ES256', (good) => Buffer.concat([good.subarray(32), good.subarray(0, 32)])),
    ],
    [
      'Ed25519 with s + L',
      () => made('EdDSA', (good) => Buffer.concat([good.subarray(0, 32), plusL(good.subarray(32))])),
    ],
    ['Ed25519 of zeros', () => made('EdDSA', () => Buffer.alloc(64))],
    ['Ed25519 with R of order one', () => made('EdDSA', () => Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]))],
    ['RSA with a zero in front', () => made('RS256', (good) => Buffer.concat([Buffer.alloc(1), good]))],
    ['RSA of zeros', () => made('RS256', (good) => Buffer.alloc(good.length))],
    ['RSA of one', () => made('RS256', (good) => Buffer.concat([Buffer.alloc(good.length - 1), Buffer.from([1])]))],
    ['RSA with the padding of PSS', () => made('RS256', same, { padding: 6, saltLength: 32 })],
    ['RSA over SHA-1', () => sha1()],
    ['no signature', () => made('ES256', () => Buffer.alloc(0))],
    ['the key of another algorithm', () => withHeader({ kid: 'RS256' })],
    ['another algorithm by the same key', () => withHeader({ alg: 'ES384' })],
    ['an unknown critical header', () => withHeader({ crit: ['conformance'], conformance: 1 })],
    ['an unencoded payload', () => withHeader({ crit: ['b64'], b64: false })],
    ['an empty list of critical headers', () => withHeader({ crit: [] })],
    ['a list of algorithms', () => withHeader({ alg: ['ES256'] })],
    ['a kid that is no text', () => withHeader({ kid: { $ne: null } })],
    ['a kid of 10,000 letters', () => withHeader({ kid: 'k'.repeat(10_000) })],
    ['a kid that is a path', () => withHeader({ kid: '../../../../dev/null' })],
    ['a header that is a list', () => withText('["ES256"]')],
    ['a header that is null', () => withText('null')],
    ['the type of another token', () => withHeader({ typ: 'dpop+jwt' })],
    ['two signatures', () => `${made('ES256', same)}.${part('x')}`],
    ['padding', () => `${made('ES256', same)}==`],
    [
      'the letters of plain base64',
      () =>
        made('ES256', same)
          .replaceAll('-', '+')
          .replaceAll('_', '/')
          .replace(/\.([^.]*)$/, '.$1+/'),
    ],
    ['a blank', () => made('ES256', same).replace('.', '. ')],
    ['another spelling of the last letter', () => otherSpelling(made('ES256', same))],
  ])('refuses %s', async (_what, make) => {
    const refused = await outcome(authenticator, bearer(make()));
    expect(refused).toMatchObject({ status: 401, reason: expect.any(String) });
  });

  it('refuses a thousand tokens that are changed at random', async () => {
    for (let round = 0; round < 1_000; round++) {
      const good = await issuerToken();
      const bad = mutated(good);
      const answer = await outcome(authenticator, bearer(bad));
      if (answer.status !== 401) throw new Error(`let in: ${bad}\nmade from ${good}`);
    }
  }, 60_000);

  it('refuses a thousand proofs that are changed at random, and takes the one that is not', async () => {
    const holder = await TestIssuer.dpopHolder();
    const text = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'ES256' })}.${part(issuer.claims({ claims: { cnf: { jkt: holder.jkt } } }))}`;
    const token = `${text}.${signature(text, 'ES256').toString('base64url')}`;
    const send = (dpop: string) => outcome(authenticator, request({ authorization: `DPoP ${token}`, dpop }));
    for (let round = 0; round < 1_000; round++) {
      const bad = mutated(await holder.proof('GET', URL, token));
      const answer = await send(bad);
      if (answer.status !== 401) throw new Error(`let in: ${bad}`);
    }
    expect((await send(await holder.proof('GET', URL, token))).principal).toBeDefined();
  }, 60_000);

  const issuerToken = async () => {
    const text = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'ES256' })}.${part(issuer.claims({ subject: randomUUID() }))}`;
    return `${text}.${signature(text, 'ES256').toString('base64url')}`;
  };
  const sha1 = () => {
    const text = body('RS256');
    return `${text}.${sign('sha1', Buffer.from(text), keys.RS256).toString('base64url')}`;
  };
});

/** One letter changed, taken out, doubled, or two parts changed over. */
function mutated(good: string): string {
  const at = randomInt(good.length);
  const [head, rest] = [good.slice(0, at), good.slice(at + 1)];
  const kinds = [
    () => head + ALPHABET[randomInt(64)] + rest,
    () => head + rest,
    () => head + good[at] + good[at] + rest,
    () => good.slice(0, at),
    () => head + '.' + rest,
    () => otherSpelling(good),
  ];
  const bad = kinds[randomInt(kinds.length)]?.() ?? good;
  return bad === good || bad === '' ? mutated(good) : bad;
}

/** The four bits that are left over in the last letter. */
function otherSpelling(token: string): string {
  const last = ALPHABET.indexOf(token.at(-1) ?? 'A');
  return token.slice(0, -1) + ALPHABET[last ^ 1];
}

/** s and s + L verify alike where S is not checked to be reduced (RFC 8032 §5.1.7). */
function plusL(s: Buffer): Buffer {
  const value = BigInt(`0x${Buffer.from(s).reverse().toString('hex')}`) + L_ED25519;
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}
