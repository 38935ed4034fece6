// Ports that are no service, or a hostile one: the suite says so in a sentence with its remedy, and it ends.
import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { ConformanceInputError, runConformance } from '../src/index.ts';
import { openCaller } from '../src/checks/rate-limit.flood.ts';
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

async function listening(server: Server): Promise<URL> {
  servers.push(server.on('secureConnection', (socket: TLSSocket) => void sockets.add(socket)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return new URL(`https://localhost:${(server.address() as AddressInfo).port}`);
}
