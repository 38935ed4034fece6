// Answers that say two things at once, or more than one answer: none may become the answer to somebody else's call (CWE-444).
import { BadResponseError, ConnectionFailedError, HttpClientError } from '../src/http-client.error.ts';
import { client, failure, rawHost } from './fixtures/host.ts';

const open: { close(): Promise<void> }[] = [];
const track = <T extends { close(): Promise<void> }>(what: T): T => (open.push(what), what);
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const OK = 'HTTP/1.1 200 OK\r\n';

describe('an answer', () => {
  it.each([
    ['two lengths', `${OK}content-length: 2\r\ncontent-length: 5\r\n\r\nhello`],
    ['a length and chunks', `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a length with a sign', `${OK}content-length: +5\r\n\r\nhello`],
    ['a length that is no number', `${OK}content-length: 5, 5\r\n\r\nhello`],
    ['a chunk size that is no number', `${OK}transfer-encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n`],
    ['a blank before the colon', `${OK}content-length : 5\r\n\r\nhello`],
    ['a folded header', `${OK}x: 1\r\n\tcontent-length: 3\r\n\r\nhello`],
    ['a NUL in a header', `${OK}x: a\0b\r\ncontent-length: 5\r\n\r\nhello`],
    ['line feeds alone', 'HTTP/1.1 200 OK\ncontent-length: 5\n\nhello'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a version that is none', 'HTTP/9.9 200 OK\r\ncontent-length: 5\r\n\r\nhello'],
    ['a status that is none', 'HTTP/1.1 2x0 OK\r\ncontent-length: 5\r\n\r\nhello'],
    ['less than its length', `${OK}content-length: 50\r\nconnection: close\r\n\r\nhello`],
  ])('with %s is refused', async (_what, bytes) => {
    const target = track(await rawHost((socket) => socket.end(bytes)));
    const calls = track(await client({ allow: [target.key], retry: { attempts: 0 } }));
    const error = await failure(calls.get(target.url), HttpClientError);
    expect([BadResponseError, ConnectionFailedError].some((type) => error instanceof type)).toBe(true);
  });

  it('that brings a second one with it poisons no later call, and none that waits', async () => {
    const evil = `${OK}content-length: 4\r\n\r\nevil`;
    const target = track(
      await rawHost((socket, nth) => {
        const good = `${OK}content-length: 4\r\n\r\nok-${nth}`;
        socket.write(good + evil);
      }),
    );
    const options = { allow: [target.key], limits: { connectionsPerHost: 1 }, retry: { attempts: 3, baseDelayMs: 10 } };
    const calls = track(await client(options));
    const texts = await Promise.all(Array.from({ length: 6 }, async () => (await calls.get(target.url)).text()));
    for (const text of texts) expect(text).toMatch(/^ok-/);
    expect(new Set(texts).size).toBe(6);
  });

  it('that comes unasked, later, on a kept connection poisons no later call', async () => {
    const target = track(
      await rawHost((socket, nth) => {
        socket.write(`${OK}content-length: 4\r\n\r\nok-${nth}`);
        setTimeout(() => socket.writable && socket.write(`${OK}content-length: 4\r\n\r\nevil`), 30);
      }),
    );
    const calls = track(await client({ allow: [target.key], limits: { connectionsPerHost: 1 } }));
    for (let nth = 0; nth < 5; nth += 1) {
      expect((await calls.get(target.url)).text()).toMatch(/^ok-/);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  });

  it('with headers like __proto__ changes nothing but itself', async () => {
    const target = track(
      await rawHost((socket) => socket.end(`${OK}__proto__: evil\r\nconstructor: evil\r\ncontent-length: 0\r\n\r\n`)),
    );
    const response = await track(await client({ allow: [target.key] })).get(target.url);
    expect(({} as Record<string, unknown>).evil).toBeUndefined();
    expect(response.status).toBe(200);
  });
});
