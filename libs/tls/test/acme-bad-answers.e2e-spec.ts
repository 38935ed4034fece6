// What answers is no ACME server, or a broken one: one clear message, bounded time and memory, and no end of what is served.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTls } from '../src/create-tls.ts';
import { tlsOptionsSchema } from '../src/tls.options.ts';
import { startAcmeFront, type AcmeFront } from './fixtures/acme.front.ts';
import { acmeService } from './fixtures/acme.service.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

describe('the source acme', () => {
  let folder: string;
  let front: AcmeFront;
  beforeAll(async () => void (front = await startAcmeFront()));
  afterAll(() => front.close());
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'gatehouse-acme-bad-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const start = (answer: Answer) => {
    front.instead = (request, response) => {
      answer(request, response);
      return true;
    };
    return acmeService({ folder, pebble: front, acme: { requestTimeoutMs: 1_000 }, startTimeoutMs: 0 });
  };
  const failureOf = async (answer: Answer): Promise<string> => {
    const service = await start(answer);
    try {
      const { message } = await service.event('source-failed');
      expect(message).not.toContain('\n');
      return message;
    } finally {
      await service.close();
    }
  };
  const directory = (over: object) => (_request: IncomingMessage, response: ServerResponse) => {
    const url = (path: string) => new URL(path, front.directoryUrl).href;
    const offered = { newNonce: url('/nonce'), newAccount: url('/account'), newOrder: url('/order'), ...over };
    response.end(JSON.stringify(offered));
  };

  it.each<[string, Answer, RegExp]>([
    ['a web page', (_, response) => response.end('<html>'), /no ACME answer.*check the address of the directory/],
    ['another API', (_, response) => response.end('{"a":1}'), /no ACME answer \(newNonce/],
    ['404', (_, response) => response.writeHead(404).end('no\nsuch\u0007page'), /answered 404 \(no such page\)/],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/x' }).end(), /answered 302/],
    ['nothing', () => undefined, /no whole answer within 1000 ms/],
    ['an end in the middle', (_, response) => response.socket?.destroy(), /cannot be reached \(ECONNRESET\)/],
    ['more than fits', (_, response) => response.end('x'.repeat(2_000_000)), /longer than 1048576 bytes/],
    [
      'an answer that drips',
      (_, response) => setInterval(() => response.write(' '), 100).unref(),
      /no whole answer within 1000 ms/,
    ],
    ['http: addresses', directory({ newOrder: 'http://127.0.0.1/order' }), /no ACME answer \(newOrder/],
  ])('stops the start when the directory answers with %s', async (_what, answer, message) => {
    const said = await start(answer).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(said).toMatch(message);
    expect(said).toMatch(/^https:\/\/127\.0\.0\.1[^\n]*$/);
  });

  it('says so when there is no nonce', async () => {
    expect(await failureOf(directory({}))).toMatch(/https:.* gave no nonce \(200\): is this an ACME server/);
  });

  it('hears how long to wait, a day at most', async () => {
    const detail = 'too many certificates';
    const problem = { type: 'urn:ietf:params:acme:error:rateLimited', detail };
    const message = await failureOf((request, response) => {
      if (request.method !== 'POST') return directory({})(request, response.setHeader('replay-nonce', 'abc'));
      return response.writeHead(429, { 'retry-after': '7200' }).end(JSON.stringify(problem));
    });
    const [, until = ''] = /rateLimited: too many certificates .*Tried again at (\S+),/.exec(message) ?? [];
    expect(Date.parse(until) - Date.now()).toBeGreaterThan(7_100_000);
  });

  it.each<[{ names?: string[]; caFile?: string }, RegExp]>([
    [{ names: ['*.api.test'] }, /\*\.api\.test: no CA proves a wildcard by http-01.*dns-01/],
    [{ names: [] }, /acme has no names: set GATEHOUSE_TLS_NAMES, or GATEHOUSE_PUBLIC_ORIGIN/],
    [{ caFile: '/nonexistent' }, /GATEHOUSE_TLS_ACME_CA_FILE=\/nonexistent cannot be read \(ENOENT\)/],
  ])('stops the start for what can never do: %j', async ({ names = ['api.test'], caFile }, message) => {
    const acme = { directoryUrl: 'https://127.0.0.1:1/dir', termsAgreed: true, caFile };
    const context = { service: 'api', stateFolder: folder, production: true };
    await expect(createTls(tlsOptionsSchema.parse({ names, acme }), context)).rejects.toThrow(message);
  });

  it.each([
    [{ GATEHOUSE_TLS_ACME_DIRECTORY_URL: 'http://ca.test/dir' }, 'GATEHOUSE_TLS_ACME_DIRECTORY_URL=http://ca.test/dir'],
    [{ GATEHOUSE_TLS_ACME_DIRECTORY_URL: 'https://ca.test/dir' }, 'GATEHOUSE_TLS_ACME_TERMS_AGREED=true'],
    [{ GATEHOUSE_TLS_ACME_EMAIL: 'a@b.test' }, 'directoryUrl'],
    [{ GATEHOUSE_TLS_SOURCES: 'acme' }, 'set GATEHOUSE_TLS_ACME_DIRECTORY_URL'],
  ])('names the variable: %j', async (env, message) => {
    const context = { service: 'api', stateFolder: folder, production: true, env };
    await expect(createTls(tlsOptionsSchema.parse({ names: ['api.test'] }), context)).rejects.toThrow(message);
  });
});
