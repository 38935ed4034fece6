// Calls as they should go, their time-outs, retries and limits.
import { gzipSync, brotliCompressSync } from 'node:zlib';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import {
  BadResponseError,
  CertificateRefusedError,
  ClientClosedError,
  ConnectionFailedError,
  OverloadedError,
  RequestRefusedError,
  ResponseTooLargeError,
  TimedOutError,
} from '../src/http-client.error.ts';
import type { HttpClient } from '../src/http.client.ts';
import { createHttpClient } from '../src/create-http-client.ts';
import { testAuthority } from './fixtures/authority.ts';
import { client, common, failure, host, rawHost, refusal, type TestHost } from './fixtures/host.ts';

const open: { close(): Promise<void> }[] = [];
const track = <T extends { close(): Promise<void> }>(what: T): T => (open.push(what), what);
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const fast = { retry: { attempts: 0 } };
const to = async (target: TestHost, options: Parameters<typeof client>[0] = {}): Promise<HttpClient> =>
  track(await client({ allow: [target.key], ...options }));

describe('a call', () => {
  it('sends JSON and reads JSON as its schema says', async () => {
    const target = track(
      await host((request, response) => {
        request.setEncoding('utf8').on('data', (text: string) => {
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ got: JSON.parse(text), type: request.headers['content-type'] }));
        });
      }),
    );
    const response = await (await to(target)).post(`${target.url}/v1/orders?x=1`, { amount: 5 });
    expect(response.ok).toBe(true);
    expect(target.seen).toEqual(['POST /v1/orders?x=1']);
    const schema = z.strictObject({ got: z.strictObject({ amount: z.int() }), type: z.string() });
    expect(response.json(schema)).toEqual({ got: { amount: 5 }, type: 'application/json' });
    expect(() => response.json(z.strictObject({}))).toThrow(BadResponseError);
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const)('reads %s', async (encoding, compress) => {
    const target = track(
      await host((_request, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end(compress('x'.repeat(5_000))),
      ),
    );
    const response = await (await to(target)).get(target.url);
    expect(response.text()).toBe('x'.repeat(5_000));
    expect(response.headers['content-encoding']).toBeUndefined();
  });

  it('returns 4xx and 5xx as answers', async () => {
    const target = track(await host((_request, response) => response.writeHead(404).end()));
    expect((await (await to(target)).get(target.url)).status).toBe(404);
  });

  it('refuses a certificate of another CA, for another name, and an expired one, whatever the environment says', async () => {
    const { ca } = await common();
    const stranger = await (await testAuthority('CN=Stranger')).issue();
    const other = await ca.issue({ names: ['other.example'] });
    const old = await ca.issue({ notAfter: Date.now() - 60_000 });
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      for (const [leaf, code] of [
        [stranger, 'UNABLE_TO'],
        [other, 'ERR_TLS_CERT_ALTNAME_INVALID'],
        [old, 'CERT_HAS_EXPIRED'],
      ] as const) {
        const target = track(await host(undefined, leaf));
        const error = await failure((await to(target)).get(`${target.url}/?token=secret`), CertificateRefusedError);
        expect(error.message).toContain(code);
        expect(error.message).not.toContain('secret');
        expect(target.seen).toEqual([]);
      }
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });

  it('refuses a host that speaks TLS 1.2 with CBC only', async () => {
    const target = track(await host(undefined, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }));
    await failure((await to(target, fast)).get(target.url), ConnectionFailedError);
    expect(target.seen).toEqual([]);
  });
});

describe('the request', () => {
  it.each([
    [{ 'x-a': 'b\r\nx-evil: 1' }, /value of x-a/],
    [{ 'x-a': 'b\nc' }, /value of x-a/],
    [{ 'x-a': 'b\0' }, /value of x-a/],
    [{ 'x-a': 'ā' }, /value of x-a/],
    [{ 'x-a\r\nx-evil': '1' }, /header name/],
    [{ 'x a': '1' }, /header name/],
    [{ '': '1' }, /header name/],
    [{ Host: 'evil.example' }, /client's own/],
    [{ 'Content-Length': '3' }, /client's own/],
    [{ 'transfer-encoding': 'chunked' }, /client's own/],
    [{ Connection: 'x' }, /client's own/],
  ])('refuses the header %j before anything is sent', async (headers, message) => {
    const target = track(await host());
    const error = await failure(
      (await to(target)).get(target.url, { headers: headers as Record<string, string> }),
      RequestRefusedError,
    );
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('evil.example');
    expect(target.connections()).toBe(0);
  });

  it('refuses a forged method, two bodies, a body of GET and one that is too large', async () => {
    const target = track(await host());
    const calls = await to(target, { limits: { requestBytes: 10 } });
    for (const options of [
      { method: 'GET / HTTP/1.1\r\nx: y' as 'GET' },
      { method: 'CONNECT' as 'GET' },
      { method: 'POST' as const, body: 'x', json: 1 },
      { method: 'GET' as const, body: 'x' },
      { method: 'POST' as const, body: 'x'.repeat(11) },
    ])
      await failure(calls.request(target.url, options), RequestRefusedError);
    expect(target.connections()).toBe(0);
  });

  it('passes a trace on with a span of its own, and nothing that is invalid', async () => {
    const target = track(await host((request, response) => response.end(JSON.stringify(request.headers))));
    const calls = await to(target);
    const sent = async (context: object) => JSON.parse((await calls.get(target.url, { context })).text());
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const parent = `00-${traceId}-00f067aa0ba902b7-01`;
    const first = await sent({ traceparent: parent, tracestate: 'a=b' });
    expect(first.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(first.traceparent).not.toBe(parent);
    expect(first.tracestate).toBe('a=b');
    expect((await sent({ traceId, sampled: false })).traceparent).toMatch(new RegExp(`^00-${traceId}-.{16}-00$`));
    const invalid = await sent({ traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, tracestate: 'a\r\nb' });
    expect([invalid.traceparent, invalid.tracestate]).toEqual([undefined, undefined]);
  });

  it('keeps a trace from a host that shall not have it', async () => {
    const target = track(await host((request, response) => response.end(String(request.headers.traceparent))));
    const calls = await to(target, { allow: [{ host: target.key, trace: false }] });
    const context = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };
    expect((await calls.get(target.url, { context })).text()).toBe('undefined');
  });
});

describe('time-outs', () => {
  it('gives up on a host that accepts and never answers the handshake', async () => {
    const { createServer } = await import('node:net');
    const sockets: { destroy(): void }[] = [];
    const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    try {
      const calls = track(
        await client({ allow: [`localhost:${port}`], timeouts: { connectMs: 150 }, retry: { attempts: 0 } }),
      );
      const error = await failure(calls.get(`https://localhost:${port}`), TimedOutError);
      expect(error.phase).toBe('connect');
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    }
  });

  it('gives up on headers that do not come', async () => {
    const target = track(await host(() => undefined));
    const error = await failure(
      (await to(target, { ...fast, timeouts: { headersMs: 150 } })).get(target.url),
      TimedOutError,
    );
    expect(error.phase).toBe('headers');
  });

  it('gives up on a body that stops', async () => {
    const target = track(await host((_request, response) => void response.write('x')));
    const error = await failure(
      (await to(target, { ...fast, timeouts: { bodyMs: 150 } })).get(target.url),
      TimedOutError,
    );
    expect(error.phase).toBe('body');
  });

  it('gives up on a body that drips for ever, by the time of the whole call', async () => {
    const target = track(
      await host((_request, response) => {
        const timer = setInterval(() => response.write('x'), 30);
        response.on('close', () => clearInterval(timer));
      }),
    );
    const error = await failure((await to(target)).get(target.url, { totalMs: 400 }), TimedOutError);
    expect(error.phase).toBe('total');
  });

  it('ends with the signal of the caller', async () => {
    const target = track(await host(() => undefined));
    const controller = new AbortController();
    const reason = new Error('the user left');
    const call = (await to(target)).get(target.url, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await expect(call).rejects.toBe(reason);
  });
});

describe('retries', () => {
  const failing = (times: number, status = 503, headers = {}) => {
    let asked = 0;
    return host((_request, response) => {
      asked += 1;
      if (asked <= times) response.writeHead(status, headers).end();
      else response.end('good');
    });
  };

  it.each([429, 502, 503, 504])('makes an idempotent call again after %i', async (status) => {
    const target = track(await failing(2, status));
    expect((await (await to(target, { retry: { baseDelayMs: 10 } })).get(target.url)).text()).toBe('good');
    expect(target.seen).toHaveLength(3);
  });

  it('never repeats a POST, unless it has an Idempotency-Key', async () => {
    const target = track(await failing(1));
    const calls = await to(target, { retry: { baseDelayMs: 10 } });
    expect((await calls.post(target.url, {})).status).toBe(503);
    expect(target.seen).toHaveLength(1);
    const again = track(await failing(1));
    const headers = { 'Idempotency-Key': 'a1' };
    const response = await (await to(again, { retry: { baseDelayMs: 10 } })).post(again.url, {}, { headers });
    expect(response.text()).toBe('good');
  });

  it('gives the last answer when the attempts are used up', async () => {
    const target = track(await failing(100));
    const response = await (await to(target, { retry: { attempts: 3, baseDelayMs: 10 } })).get(target.url);
    expect([response.status, target.seen.length]).toEqual([503, 4]);
  });

  it('waits as long as Retry-After says, and not at all when that is too long', async () => {
    const target = track(await failing(1, 503, { 'retry-after': '1' }));
    const begun = performance.now();
    await (await to(target, { retry: { baseDelayMs: 10 } })).get(target.url);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(990);
    const long = track(await failing(1, 503, { 'retry-after': '3600' }));
    expect((await (await to(long)).get(long.url)).status).toBe(503);
    expect(long.seen).toHaveLength(1);
  });

  it('does not add to the load of a host that fails for everybody: ten retries, then one for five calls', async () => {
    const target = track(await failing(10_000));
    const calls = await to(target, { retry: { attempts: 5, baseDelayMs: 10, maxDelayMs: 10 } });
    for (let nth = 0; nth < 20; nth += 1) await calls.get(target.url);
    expect(target.seen.length).toBeLessThanOrEqual(20 + 10 + 20 / 5);
    expect(calls.snapshot().counters.retries).toBe(target.seen.length - 20);
  });

  it('finds a host again that was gone', async () => {
    const first = await host();
    const calls = await to(first, { retry: { attempts: 10, baseDelayMs: 50, maxDelayMs: 200 } });
    expect((await calls.get(first.url)).ok).toBe(true);
    await first.close();
    const pending = calls.get(first.url);
    await wait(150);
    track(await host(undefined, {}, first.port));
    expect((await pending).ok).toBe(true);
  });

  it('says that nobody listens, also for a POST, which was not sent', async () => {
    const gone = await host();
    await gone.close();
    const calls = await to(gone, { retry: { attempts: 2, baseDelayMs: 10 } });
    const error = await failure(calls.post(gone.url, {}), ConnectionFailedError);
    expect(error.message).toMatch(/ECONNREFUSED/);
    expect(calls.snapshot().counters).toMatchObject({ retries: 2, failures: { 'connection-failed': 1 } });
  });
});

describe('limits', () => {
  const small = { limits: { responseBytes: 1_000 } };

  it('stops reading a body that is larger, whether its length is said or not', async () => {
    const target = track(
      await host((request, response) => {
        if (request.url === '/said') response.setHeader('content-length', 2_000);
        response.end('x'.repeat(2_000));
      }),
    );
    const calls = await to(target, small);
    await failure(calls.get(`${target.url}/said`), ResponseTooLargeError);
    await failure(calls.get(`${target.url}/unsaid`), ResponseTooLargeError);
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const)('stops a %s bomb', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(50_000_000));
    const target = track(
      await host((_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(bomb)),
    );
    const before = process.memoryUsage().arrayBuffers;
    await failure((await to(target, { limits: { responseBytes: 100_000 } })).get(target.url), ResponseTooLargeError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  it.each(['gzip, gzip', 'deflate', '__proto__', 'gzip'])(
    'refuses a body that is not %s as it says',
    async (encoding) => {
      const target = track(
        await host((_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end('no gzip')),
      );
      await failure((await to(target)).get(target.url), BadResponseError);
    },
  );

  it('stops endless headers', async () => {
    const target = track(
      await rawHost((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write(`x-${Math.random()}: ${'y'.repeat(4_000)}\r\n`), 1);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    await failure((await to(target)).get(target.url), ResponseTooLargeError);
  });

  it('stops endless early hints by the time of the call', async () => {
    const target = track(
      await rawHost((socket) => {
        const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'), 5);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    await failure((await to(target)).get(target.url, { totalMs: 500 }), TimedOutError);
  });

  it('opens no more connections than allowed, and refuses what would only wait', async () => {
    const target = track(await host((_request, response) => setTimeout(() => response.end(), 200)));
    const calls = await to(target, { limits: { connectionsPerHost: 2, waitingPerHost: 3 } });
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => calls.get(target.url)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(3);
    expect(refused.every(({ reason }) => reason instanceof OverloadedError)).toBe(true);
    expect(target.connections()).toBe(2);
  });
});

describe('options', () => {
  it('reach nothing when they are empty', async () => {
    const calls = createHttpClient();
    await expect(calls.get('https://example.com')).rejects.toThrow(/example.com:443: it is not on the allow-list/);
    await expect(calls.get('https://localhost')).rejects.toThrow(/allow-list/);
  });

  it.each([
    [{ allow: ['a.example', 'A.example:443'] }, /allow.1.host: it is there twice/],
    [{ allow: ['*.example.com'] }, /wildcard/],
    [{ allow: [{ host: 'a.example', networks: ['0.0.0.0/0'] }] }, /narrower/],
    [{ allow: [{ host: 'a.example', networks: ['::/0'] }] }, /narrower/],
    [{ allow: [{ host: 'a.example', network: [] }] }, /Unrecognized key: "network"/],
    [{ alow: [] }, /Unrecognized key: "alow"/],
    [{ ca: '/etc/ssl/ca.pem' }, /ca: give the PEM text/],
    [{ ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }, /damaged/],
    [{ allow: [{ host: 'a.example', mutualTls: true }] }, /clientCertificate: a host has mutualTls/],
    [{ timeouts: { totalMs: -1 } }, /timeouts.totalMs/],
    [{ retry: { attempts: 1e9 } }, /retry.attempts/],
  ])('refuse %j with its place', (options, message) => {
    expect(refusal(options as never)).toMatch(message);
  });

  it('never show a key in an error', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----';
    const cert = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    const message = refusal({ allow: [{ host: 'a.example', mutualTls: true }], clientCertificate: { cert, key } });
    expect(message).toMatch(/no valid PEM/);
    expect(message).not.toContain('c2VjcmV0');
  });

  it('leave no call to a client that is closed, and let those that run finish', async () => {
    const target = track(await host((_request, response) => setTimeout(() => response.end('late'), 200)));
    const calls = await client({ allow: [target.key] });
    const running = calls.get(target.url);
    await wait(100);
    const closing = calls.close();
    expect((await running).text()).toBe('late');
    await closing;
    await failure(calls.get(target.url), ClientClosedError);
  });
});
