// Wrong input: one clear error with its remedy, and nothing secret sent.
import { once } from 'node:events';
import { createServer as createGate } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
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
  [
    'a plain-HTTP address where nothing listens',
    () => ({ http: 'http://localhost:1' }),
    /localhost:1 does not answer plain HTTP: ECONNREFUSED/,
  ],
  [
    'a plain-HTTP address that is the TLS port',
    () => ({ http: `http://localhost:${fixture.urls.https.port}` }),
    /does not answer plain HTTP: ECONNRESET/,
  ],
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

it.each<[string, (socket: Socket) => void, RegExp]>([
  ['closes', (socket) => socket.destroy(), /does not answer plain HTTP: ECONNRESET/],
  ['says nothing', () => undefined, /does not answer plain HTTP: no answer within 300 ms/],
])('refuses a plain-HTTP address that %s', async (_what, talk, message) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    talk(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const http = `http://localhost:${(server.address() as AddressInfo).port}`;
  try {
    await expect(run({ caFile: fixture.caFile, http, timeoutMs: 300 })).rejects.toThrow(message);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

it('does not take a gate for safe that answered before the checks and is gone at them', async () => {
  const gate = createGate((_request, answer) => {
    gate.close();
    answer.writeHead(308, { connection: 'close', location: fixture.urls.https.href }).end();
  });
  await once(gate.listen(0, '127.0.0.1'), 'listening');
  const http = `http://localhost:${(gate.address() as AddressInfo).port}`;
  const only = ['http-redirect', 'http-forged-host', 'http-credential', 'http-no-hsts'];
  const { results } = await run({ caFile: fixture.caFile, http, only });
  const told = expect.stringMatching(/nothing answers at http:.* \(ECONNREFUSED\)/);
  expect(results).toMatchObject([
    { id: 'http-redirect', status: 'skipped', reason: told },
    { id: 'http-forged-host', status: 'pass', notes: [told] },
    { id: 'http-credential', status: 'skipped', reason: told },
    { id: 'http-no-hsts', status: 'skipped', reason: told },
  ]);
});

it('sends no control request when it may only read', async () => {
  const { caFile, urls } = fixture;
  const { results } = await run({ caFile, management: urls.management.href, only: ['prototype-keys'], readOnly: true });
  expect(results[0]).toMatchObject({ status: 'skipped', reason: expect.stringContaining('--read-only') });
});
