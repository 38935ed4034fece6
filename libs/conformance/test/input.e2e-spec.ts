// Wrong input: one clear error with its remedy, and nothing secret sent.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { ConformanceInputError, runConformance, type ConformanceOptions } from '../src/index.ts';
import { startFixture, type RunningFixture } from './fixtures/fixture.server.ts';

let fixture: RunningFixture;
beforeAll(async () => void (fixture = await startFixture()));
afterAll(() => fixture.close());

const run = (options: Partial<ConformanceOptions>) =>
  runConformance({ url: fixture.urls.https.href, only: ['hsts'], ...options });

it.each<[string, () => Partial<ConformanceOptions>, RegExp]>([
  ['an address that is not HTTPS', () => ({ url: 'http://localhost:1' }), /must be an https/],
  ['an address where nothing listens', () => ({ url: 'https://localhost:1' }), /does not answer TLS: .*ECONNREFUSED/],
  [
    'the plain-HTTP port',
    () => ({ url: `https://localhost:${fixture.urls.http.port}` }),
    /does not answer TLS: wrong version number$/,
  ],
  ['a CA file that is not there', () => ({ caFile: '/nonexistent.pem' }), /CA file .* does not exist/],
  ['a CA file that is none', () => ({ caFile: import.meta.filename }), /holds no PEM certificate/],
  ['an issuer key without its private part', () => ({ issuerKey: { kty: 'EC' } }), /no JWK with a private part/],
  ['an issuer key that is no JSON', () => ({ issuerKey: import.meta.filename }), /no JWK with a private part/],
  ['a check that there is not', () => ({ only: ['no-such-check'] }), /there is no check "no-such-check"/],
  ['an OpenAPI file that is none', () => ({ openapi: import.meta.filename }), /not an OpenAPI 3 document/],
  ['an OpenAPI address that has none', () => ({ openapi: fixture.urls.http.href }), /no OpenAPI 3 document/],
  ['a management address where nothing listens', () => ({ management: 'http://localhost:1' }), /does not answer/],
  ['an unknown option', () => ({ nonsense: 1 }) as Partial<ConformanceOptions>, /nonsense/],
])('refuses %s', async (_what, options, message) => {
  const error = await run(options()).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConformanceInputError);
  expect((error as Error).message).toMatch(message);
  expect((error as ConformanceInputError).remedy).not.toBe('');
});

it('does not send a token to a server whose certificate it does not trust', async () => {
  await expect(run({ token: 'secret' })).rejects.toThrow(/not trusted .* so the token was not sent/);
});

it('gives up on a port that accepts and never speaks', async () => {
  const silent = createServer(() => undefined);
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const url = `https://localhost:${(silent.address() as AddressInfo).port}`;
  const started = Date.now();
  await expect(run({ url, timeoutMs: 300 })).rejects.toThrow(/no TLS handshake within 300 ms/);
  expect(Date.now() - started).toBeLessThan(5_000);
  silent.close();
});

it('says that nothing answers at the plain-HTTP address, which is no finding and may be the wrong port', async () => {
  const { caFile } = fixture;
  const { results } = await run({ caFile, http: 'http://localhost:1', only: ['http-redirect'] });
  expect(results[0]).toMatchObject({
    status: 'pass',
    notes: [expect.stringContaining('nothing answers at http://localhost:1 (ECONNREFUSED)')],
  });
});

it('sends no control request when it may only read', async () => {
  const { caFile, urls } = fixture;
  const { results } = await run({ caFile, management: urls.management.href, only: ['prototype-keys'], readOnly: true });
  expect(results[0]).toMatchObject({ status: 'skipped', reason: expect.stringContaining('--read-only') });
});
