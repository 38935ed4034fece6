// An issuer of a test's own: real signatures by a key that only the test has, and every way to get a token wrong.
import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { IssuerInput } from '../authn.options.ts';

/** What a token says; everything may be left out. */
export interface TokenRequest {
  readonly subject?: string;
  readonly scopes?: readonly string[];
  readonly tenant?: string;
  readonly audience?: string;
  /** From now, in seconds; negative for an expired one. */
  readonly expiresInSeconds?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

export interface DpopHolder {
  readonly jkt: string;
  /** A proof for one request; `changes` makes it a wrong one. */
  proof(method: string, url: string, token: string, changes?: Readonly<Record<string, unknown>>): Promise<string>;
}

export class TestIssuer {
  private constructor(
    readonly issuer: string,
    readonly audience: string,
    readonly privateKey: CryptoKey,
    /** What its JWKS shows. */
    readonly publicJwk: JWK & { kty: 'EC' },
  ) {}

  static async create(issuer = 'https://issuer.example.test', audience = 'gatehouse-test'): Promise<TestIssuer> {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: randomUUID(), alg: 'ES256', use: 'sig' };
    return new TestIssuer(issuer, audience, privateKey, jwk as JWK & { kty: 'EC' });
  }

  /** For a suite that signs tokens of its own. */
  async privateJwk(): Promise<JWK & { kty: string }> {
    return { ...(await exportJWK(this.privateKey)), ...this.publicJwk };
  }

  /** Options that trust this issuer, and nobody else. */
  get options(): IssuerInput {
    const { issuer, audience, publicJwk } = this;
    return { issuer, audience, jwks: { keys: [publicJwk] }, tenantClaim: 'tenant' };
  }

  /**
   * The settings by which a service that is a process of its own trusts this issuer.
   * @param file where the public keys are written
   */
  async environment(file: string): Promise<Record<string, string>> {
    await writeFile(file, JSON.stringify({ keys: [this.publicJwk] }));
    return {
      GATEHOUSE_ISSUER: this.issuer,
      GATEHOUSE_ISSUER_AUDIENCE: this.audience,
      GATEHOUSE_ISSUER_JWKS_FILE: file,
      GATEHOUSE_ISSUER_TENANT_CLAIM: 'tenant',
    };
  }

  /** The claims of a good token. */
  claims({ subject = 'tester', scopes = [], tenant = 'default', ...request }: TokenRequest = {}): Record<
    string,
    unknown
  > {
    const now = Math.floor(Date.now() / 1_000);
    const exp = now + (request.expiresInSeconds ?? 3_600);
    return {
      iss: this.issuer,
      aud: request.audience ?? this.audience,
      sub: subject,
      client_id: 'test-client',
      iat: Math.min(now, exp - 60),
      exp,
      jti: randomUUID(),
      scope: scopes.join(' '),
      tenant,
      ...request.claims,
    };
  }

  /** A signed token. */
  token(request: TokenRequest = {}): Promise<string> {
    const header = { alg: 'ES256', typ: 'at+jwt', kid: this.publicJwk.kid, ...request.header };
    return new SignJWT(this.claims(request)).setProtectedHeader(header).sign(this.privateKey);
  }

  /** Somebody with a key of their own, for DPoP. */
  static async dpopHolder(): Promise<DpopHolder> {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const proof: DpopHolder['proof'] = (htm, htu, token, changes) => {
      const ath = createHash('sha256').update(token).digest('base64url');
      const claims = { jti: randomUUID(), htm, htu, ath, iat: Math.floor(Date.now() / 1_000), ...changes };
      return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).sign(privateKey);
    };
    return { jkt: await calculateJwkThumbprint(jwk), proof };
  }
}
