// Ports that are no service, or a hostile one: the suite says so in a sentence with its remedy, and it ends.
import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { ConformanceInputError, runConformance } from '../src/index.ts';
import { openCaller } from '../src/checks/rate-limit.flood.ts';
import { FrameConnection } from '../src/client/http2.frames.ts';
import { conformanceOptionsSchema } from '../src/conformance.options.ts';
import { makeAuthority, makeLeaf } from '../src/process/throwaway.certificates.ts';
import { Target } from '../src/target.ts';

let leaf: { key: string; cert: string };
const servers: Server[] = [];
const sockets = new Set<TLSSocket>();

beforeAll(async () => void (leaf = await makeLeaf(await makeAuthority())));
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

it.each<[string, tls.TlsOptions, (socket: TLSSocket) => void, RegExp]>([
  ['says nothing', {}, () => undefined, /no answer within 500 ms/],
  ['closes at once', {}, (socket) => void socket.destroy(), /ECONNRESET/],
  ['answers garbage', {}, (socket) => void socket.on('data', () => socket.write('\0\xffHTTP/9 ?\r\n\r\n')), /HPE_/],
  ['wants a client certificate', { requestCert: true, ca: [] }, () => undefined, /CERTIFICATE_REQUIRED/],
])('a TLS server that %s is no service, and its TLS can be looked at alone', async (_what, options, talk, why) => {
  const server = tls.createServer({ ...leaf, ...options }, (socket) => {
    talk(socket.on('error', () => undefined));
  });
  const { href, port } = await listening(server);
  const error = await runConformance({ url: href, timeoutMs: 500 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConformanceInputError);
  const { message, remedy } = error as ConformanceInputError;
  expect(message).toMatch('speaks TLS and does not answer HTTP: ');
  expect(message).toMatch(why);
  expect(remedy).toContain(`gatehouse tls audit localhost:${port}`);
  expect(remedy.includes('client certificate')).toBe(options.requestCert === true);
});

it.each([
  ['HTTP/2', () => http2.createSecureServer({ ...leaf, allowHTTP1: true })],
  ['HTTP/1.1', () => https.createServer(leaf)],
])('an answer over %s that never ends does not hold the suite', async (_what, create) => {
  const server = create();
  server.on('request', (_request: unknown, answer: http2.Http2ServerResponse) => {
    answer.on('error', () => undefined).writeHead(200);
    const timer = setInterval(() => answer.write('and on '), 50);
    answer.on('close', () => clearInterval(timer));
  });
  const { href } = await listening(server);
  const target = new Target(conformanceOptionsSchema.parse({ url: href, timeoutMs: 300 }));
  const caller = await openCaller(target);
  expect(await caller.send({})).toMatchObject({ ':status': 200 });
  caller.close();
  await target.close();
});

it('a server that hangs where its API document would be is not asked four times', async () => {
  const asked: string[] = [];
  const server = https.createServer(leaf, (request, answer) => {
    if (request.url?.startsWith('/health')) return answer.end('{}');
    return asked.push(request.url ?? '');
  });
  const { href } = await listening(server);
  const { results } = await runConformance({ url: href, only: ['malformed-json'], timeoutMs: 300 });
  expect(results[0]?.status).toBe('skipped');
  expect(asked).toEqual(['/openapi.json']);
});

it('a server that ends a connection after so many requests is asked on another: nothing limits the caller', async () => {
  const server = http2.createSecureServer({ ...leaf, allowHTTP1: true }, (_request, answer) => answer.end());
  server.on('session', (session) => {
    let left = 100;
    session.on('stream', () => (left -= 1) === 0 && session.close());
  });
  const { href } = await listening(server);
  const { results } = await runConformance({ url: href, only: ['rate-limit'] });
  expect(results[0]).toMatchObject({
    status: 'fail',
    findings: [{ message: expect.stringMatching(/^5\d{3} requests/) }],
  });
});

it('a server without ALPN is flooded over HTTP/1.1, and found to negotiate nothing', async () => {
  const server = tls.createServer(leaf, (socket) => {
    const answer = 'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n';
    socket.on('error', () => undefined).on('data', () => socket.write(answer));
  });
  const { href } = await listening(server);
  const { results } = await runConformance({ url: href, only: ['http2', 'rate-limit'] });
  expect(results.flatMap(({ findings }) => findings.map(({ message }) => message))).toEqual([
    'HTTP/2 is not spoken: nothing is negotiated by ALPN',
    '429 has no ratelimit in structured fields',
    '429 has no ratelimit-policy in structured fields',
  ]);
});

it('a server that a flood of resets brings down has not put its client out', async () => {
  let asked = 0;
  const server = http2.createSecureServer({ ...leaf, allowHTTP1: true }, (_request, answer) => {
    if (asked++ < 100) answer.end(); // and then nobody is answered any more
  });
  const { href } = await listening(server);
  const { results } = await runConformance({ url: href, only: ['http2-rapid-reset'], timeoutMs: 500 });
  expect(results[0]).toMatchObject({
    status: 'fail',
    findings: [{ message: 'after the flood the service answers nobody' }],
  });
});

it.each([
  ['a short host', 'localhost'],
  ['a host of 150 characters', `${'a'.repeat(50)}.${'b'.repeat(50)}.${'c'.repeat(48)}`],
])('its frames are understood, also for %s', async (_what, host) => {
  const seen: unknown[] = [];
  const server = http2.createSecureServer(leaf, (request, answer) => {
    seen.push(request.authority, request.url);
    answer.end();
  });
  const { port } = await listening(server);
  const connection = await FrameConnection.open(new URL(`https://localhost:${port}`), '/here', 1_000, host);
  await connection?.send([connection.request(1)], 1_000);
  expect(await connection?.answers(1, 1_000)).toBe(true);
  expect(seen).toEqual([host, '/here']);
  connection?.close();
});

it('a server that stops reading a flood is noticed', async () => {
  const server = tls.createServer({ ...leaf, ALPNProtocols: ['h2'] }, (socket) => void socket.pause());
  const url = await listening(server);
  const connection = await FrameConnection.open(url, '/', 1_000);
  const flood = [Buffer.alloc(32 * 2 ** 20)]; // more than the buffers of both ends
  expect(await connection?.send(flood, 100)).toBe(false);
  connection?.close();
});

async function listening(server: Server): Promise<URL> {
  servers.push(server.on('secureConnection', (socket: TLSSocket) => void sockets.add(socket)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return new URL(`https://localhost:${(server.address() as AddressInfo).port}`);
}
