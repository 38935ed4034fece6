// The examples of RFC 7515 (appendix A.3, ES256; A.2, RS256), RFC 8037 (appendix A.4, Ed25519) and RFC 9449 §4: what others sign is
// understood here, and one flipped bit is not.
import { compactVerify, calculateJwkThumbprint, type JWK } from 'jose';
import { replayWindowMs, verifyProof } from '../src/dpop/dpop.proof.ts';
import { ReplayGuard } from '../src/dpop/replay.guard.ts';
import { SharedProofs } from '../src/dpop/shared.proofs.ts';
import { algorithmsOf } from '../src/jwt/key.algorithms.ts';
import { ALGORITHMS } from '../src/index.ts';

const ES256 = {
  jwk: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  },
  jws: 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
};
const ED25519 = {
  jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
  jws: 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
};

describe('published vectors', () => {
  it.each([
    ['RFC 7515 A.3 (ES256)', ES256],
    ['RFC 8037 A.4 (Ed25519)', ED25519],
  ])('%s verifies; with one flipped bit, or the other algorithm, it does not', async (_name, { jwk, jws }) => {
    const algorithms = algorithmsOf(jwk as JWK, ALGORITHMS) as string[];
    await expect(compactVerify(jws, jwk as JWK, { algorithms })).resolves.toBeDefined();
    const [head, payload, signature = ''] = jws.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    await expect(
      compactVerify(`${head}.${payload}.${bytes.toString('base64url')}`, jwk as JWK, { algorithms }),
    ).rejects.toThrow();
    await expect(compactVerify(jws, jwk as JWK, { algorithms: ['RS256'] })).rejects.toThrow();
  });

  it('RFC 7515 A.1 (HS256) and A.5 (none) have no algorithm here', () => {
    expect(
      algorithmsOf(
        { kty: 'oct', k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow' },
        ALGORITHMS,
      ),
    ).toMatch('secret');
    expect(ALGORITHMS.some((name) => name.startsWith('HS') || name.toLowerCase() === 'none')).toBe(false);
  });

  it('RFC 8037 A.3 gives the thumbprint', async () => {
    expect(await calculateJwkThumbprint(ED25519.jwk as JWK)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it('a key gives its own algorithms and no others', () => {
    expect(algorithmsOf(ES256.jwk as JWK, ALGORITHMS)).toEqual(['ES256']);
    expect(algorithmsOf({ ...ES256.jwk, alg: 'ES384' } as JWK, ALGORITHMS)).toMatch('no algorithm');
    expect(algorithmsOf(ED25519.jwk as JWK, ALGORITHMS)).toEqual(['EdDSA', 'Ed25519']);
    expect(algorithmsOf({ ...ES256.jwk, use: 'enc' } as JWK, ALGORITHMS)).toMatch('not for signatures');
  });
});

/** RFC 9449, figures 2 and 13. */
const DPOP = {
  jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  url: 'https://resource.example.org/protectedresource',
  at: 1_562_262_618_000,
  header:
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19',
  forResource:
    'eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  forTokenEndpoint:
    'eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg',
};

describe('the proofs of RFC 9449', () => {
  const { jkt, token, url, at } = DPOP;
  const verify = (rest: string, changes: object = {}, now = at) => {
    const expected = { method: 'GET', url, token, jkt, maxAgeSeconds: 60, ...changes };
    return verifyProof(
      `${DPOP.header}.${rest}`,
      expected,
      new SharedProofs(new ReplayGuard(replayWindowMs(60), 10, now, 0)), // its memory reaches back to 2019
      now,
    );
  };

  it('figure 13 is good for its request, token, key and minute', async () => {
    await expect(verify(DPOP.forResource)).resolves.toBeUndefined();
    await expect(verify(DPOP.forResource, {}, at + 59_000)).resolves.toBeUndefined();
  });

  it.each([
    ['another method', { method: 'POST' }, 0],
    ['another address', { url: `${url}s` }, 0],
    ['another token', { token: `${token}x` }, 0],
    ['another key', { jkt: ED25519.jwk.x }, 0],
    ['a later minute', {}, 61_000],
    ['a clock that is behind', {}, -6_000],
  ])('figure 13 is refused for %s', async (_what, changes, later) => {
    await expect(verify(DPOP.forResource, changes, at + later)).rejects.toThrow('credential refused');
  });

  it('figure 2, which names no token, is refused at a resource', async () => {
    const place = { method: 'POST', url: 'https://server.example.com/token' };
    await expect(verify(DPOP.forTokenEndpoint, place)).rejects.toThrow('credential refused: proof');
  });
});
