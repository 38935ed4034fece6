import { connect as connectHttp2 } from 'node:http2';
import { calls, sample as sampleService, SampleModule } from './fixtures/sample.app.ts';
import { type Answer, startForTest, type TestService } from '../src/testing/index.ts';

const json = { 'content-type': 'application/json' };

describe('bad input', () => {
  let sample: TestService;
  beforeAll(async () => {
    sample = await startForTest(SampleModule, sampleService, {
      limits: { headersTimeoutMs: 600, requestTimeoutMs: 900, keepAliveTimeoutMs: 500 },
    });
  });
  afterAll(() => sample.close());

  const post = (body: string | Buffer, headers: Record<string, string> = json) =>
    sample.call('POST', '/v1/notes', { body, headers });

  function expectProblem(answer: Answer, status: number, code: string): void {
    expect(answer.body).toMatchObject({ status, code, type: `urn:gatehouse:problem:${code}` });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['x-request-id']).toBe(answer.body.requestId);
    expect(answer.text).not.toMatch(/\bat .*\.[tj]s|node_modules/);
  }

  it.each([
    ['malformed JSON', '{"text":', 'malformed-json'],
    ['an empty body', '', 'malformed-json'],
    ['two values', '{} {}', 'malformed-json'],
    ['a __proto__ key', '{"text":"a","__proto__":{"admin":true}}', 'forbidden-key'],
    ['an escaped __proto__ key', '{"text":"a","\\u005f_proto__":{}}', 'forbidden-key'],
    ['a constructor.prototype key', '{"text":"a","constructor":{"prototype":{}}}', 'forbidden-key'],
    ['deep nesting', `{"text":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'body-too-deep'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'invalid-utf8'],
  ])('refuses %s and runs no handler', async (_what, body, code) => {
    const before = calls.count;
    expectProblem(await post(body), 400, code);
    expect(calls.count).toBe(before);
  });

  it.each([
    ['an unknown field', { text: 'a', admin: true }],
    ['a wrong type', { text: 1 }],
    ['a list for an object', []],
    ['null', null],
  ])('refuses %s with 422', async (_what, body) => {
    const before = calls.count;
    expectProblem(await post(JSON.stringify(body)), 422, 'validation-failed');
    expect(calls.count).toBe(before);
  });

  it.each([
    ['text/plain', {}],
    ['application/x-www-form-urlencoded', {}],
    ['application/json; charset=latin1', {}],
    ['application/json', { 'content-encoding': 'gzip' }],
    ['multipart/form-data; boundary=x', {}],
  ])('refuses the media type %s %j', async (type, more) => {
    expectProblem(await post('{"text":"a"}', { 'content-type': type, ...more }), 415, 'unsupported-media-type');
  });

  it('refuses a body over the limit, announced or not', async () => {
    const large = JSON.stringify({ text: 'a'.repeat(70_000) });
    expectProblem(await post(large), 413, 'body-too-large');
    expectProblem(await post(large, { ...json, 'transfer-encoding': 'chunked' }), 413, 'body-too-large');
  });

  it('refuses an unknown route, and a method that the route does not have with Allow', async () => {
    expectProblem(await sample.call('GET', '/v1/nothing'), 404, 'not-found');
    const wrong = await sample.call('PUT', '/v1/notes/1', { body: {} });
    expectProblem(wrong, 405, 'method-not-allowed');
    expect(wrong.headers.allow).toBe('GET, HEAD, DELETE');
  });

  it('refuses TRACE and CONNECT', async () => {
    expect((await sample.call('TRACE', '/v1/notes')).status).toBeGreaterThanOrEqual(404);
    expect(await sample.raw('CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n')).not.toContain(' 200 ');
  });

  it('refuses unknown, duplicate and malformed query parameters', async () => {
    expectProblem(await sample.call('GET', '/v1/notes?admin=1'), 400, 'unknown-parameter');
    expectProblem(await sample.call('GET', '/v1/notes/1?x=1'), 400, 'unknown-parameter');
    expectProblem(await sample.call('GET', '/health/live?x'), 400, 'unknown-parameter');
    expectProblem(await sample.call('GET', '/v1/notes?limit=1&limit=2'), 400, 'duplicate-parameter');
    expectProblem(await sample.call('GET', '/v1/notes?limit=many'), 422, 'validation-failed');
    expectProblem(await sample.call('GET', '/v1/notes?__proto__=1'), 400, 'unknown-parameter');
  });

  it('refuses a path parameter that names nothing, a malformed path, and a long URL', async () => {
    expectProblem(await sample.call('GET', '/v1/notes/abc'), 404, 'not-found');
    expectProblem(await sample.call('GET', '/v1/notes/%E0%A4'), 400, 'malformed-url');
    expectProblem(await sample.call('GET', `/v1/notes?limit=${'1'.repeat(3_000)}`), 414, 'url-too-long');
  });

  it('refuses huge headers with 431 and malformed HTTP with 400', async () => {
    const huge = await sample.raw(`GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(huge).toMatch(/^HTTP\/1.1 431 /);
    expect(huge).toContain('"code":"headers-too-large"');
    const garbage = await sample.raw('NOT HTTP AT ALL\r\n\r\n');
    expect(garbage).toMatch(/^HTTP\/1.1 400 /);
    expect(garbage).toContain('x-content-type-options: nosniff');
  });

  it('refuses conflicting lengths, the seed of request smuggling', async () => {
    const both =
      'POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await sample.raw(both)).toMatch(/^HTTP\/1.1 400 /);
  });

  it('cuts a client that drips its headers', async () => {
    const started = Date.now();
    await sample.raw('GET /health/live HTTP/1.1\r\nHost: localhost\r\n', (socket) => {
      const drip = setInterval(() => socket.write('X-A: b\r\n'), 100);
      socket.once('close', () => clearInterval(drip));
    });
    expect(Date.now() - started).toBeLessThan(4_000);
  });

  it('cuts a client that drips its body', async () => {
    const head =
      'POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{';
    const before = calls.count;
    const text = await sample.raw(head, (socket) => {
      const drip = setInterval(() => socket.write(' '), 100);
      socket.once('close', () => clearInterval(drip));
    });
    expect(text).toMatch(/^(HTTP\/1.1 408 |$)/);
    expect(calls.count).toBe(before);
  });

  it('closes an HTTP/2 stream whose body does not come, with 408', async () => {
    const session = connectHttp2(sample.urls.https, { ca: sample.ca });
    const stream = session.request(
      { ':method': 'POST', ':path': '/v1/notes', 'content-type': 'application/json' },
      { endStream: false },
    );
    stream.on('error', () => undefined);
    stream.write('{');
    const status = await new Promise((resolve) => {
      stream.on('response', (headers) => resolve(headers[':status']));
      stream.on('close', () => resolve('closed'));
    });
    expect(status).toBe(408);
    session.destroy();
  });

  it('closes an HTTP/2 session that does nothing', async () => {
    const session = connectHttp2(sample.urls.https, { ca: sample.ca });
    session.on('error', () => undefined);
    await expect(new Promise((resolve) => session.on('close', () => resolve('closed')))).resolves.toBe('closed');
  });

  it('lives through an HTTP/2 rapid reset', async () => {
    const session = connectHttp2(sample.urls.https, { ca: sample.ca });
    session.on('error', () => undefined);
    for (let index = 0; index < 2_000 && !session.destroyed; index++) {
      const stream = session.request({ ':path': '/v1/notes/slow' });
      stream.on('error', () => undefined);
      stream.close(8); // CANCEL
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    session.destroy();
    expect((await sample.call('GET', '/health/live')).status).toBe(200);
  });

  it('says nothing of why in a 500', async () => {
    const answer = await sample.call('GET', '/v1/notes/broken');
    expectProblem(answer, 500, 'internal');
    expect(answer.text).not.toContain('hunter2');
    expect(answer.body.detail).toBeUndefined();
  });
});
