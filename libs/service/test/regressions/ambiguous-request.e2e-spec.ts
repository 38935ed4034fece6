// Requests that two readers could understand differently, and answers that Node would have given without a header of ours.
import { connect } from 'node:http2';
import { startForTest, type TestService } from '../../src/testing/index.ts';
import { calls, sample as sampleService, SampleModule } from '../fixtures/sample.app.ts';

describe('a request with two meanings', () => {
  let sample: TestService;
  beforeAll(async () => void (sample = await startForTest(SampleModule, sampleService)));
  afterAll(() => sample.close());

  const post = (headers: string, body: string) =>
    `POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;
  const get = (target: string, headers = 'Host: localhost\r\n', version = '1.1') =>
    `GET ${target} HTTP/${version}\r\n${headers}Connection: close\r\n\r\n`;

  it.each([
    ['two Hosts', get('/health/live', 'Host: localhost\r\nHost: evil.test\r\n'), 400, 'malformed-http'],
    ['no Host', get('/health/live', ''), 400, 'malformed-http'],
    ['an empty Host', get('/health/live', 'Host:\r\n'), 400, 'malformed-http'],
    ['a Host with a user', get('/health/live', 'Host: localhost@evil.test\r\n'), 400, 'malformed-http'],
    ['a Host with a path', get('/health/live', 'Host: localhost/x\r\n'), 400, 'malformed-http'],
    ['HTTP/0.9', 'GET /health/live\r\n\r\n', 400, 'malformed-http'],
    ['another host in the target', get('https://evil.test/health/live'), 400, 'malformed-http'],
    ['another scheme in the target', get('http://localhost/health/live'), 400, 'malformed-http'],
    ['a fragment', get('/health/live#/v1/notes'), 400, 'malformed-url'],
    [
      'a transfer coding besides chunked',
      post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
      501,
      'not-implemented',
    ],
    [
      'chunks in HTTP/1.0',
      post('Transfer-Encoding: chunked\r\n', '0\r\n\r\n').replace('HTTP/1.1', 'HTTP/1.0'),
      400,
      'malformed-http',
    ],
    ['an unknown expectation', post('Expect: 200-maybe\r\nContent-Length: 2\r\n', '{}'), 417, 'expectation-failed'],
  ])('is refused: %s', async (_what, bytes, status, code) => {
    const before = calls.count;
    const text = await sample.raw(bytes);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
    expect(text).toContain(`"code":"${code}"`);
    expect(text).toMatch(/x-content-type-options: nosniff/i);
    expect(text).toMatch(/connection: close/i);
    expect(calls.count).toBe(before);
  });

  it.each([
    ['the absolute form of the same host', get('https://localhost/health/live')],
    ['an IPv6 host', get('/health/live', 'Host: [::1]:8443\r\n')],
    ['HTTP/1.0 without Host', get('/health/live', '', '1.0')],
  ])('is not: %s', async (_what, bytes) => {
    expect(await sample.raw(bytes)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ['another Host than authority', { ':path': '/health/live', ':authority': 'localhost', host: 'evil.test' }, 400],
    ['another scheme', { ':path': '/health/live', ':scheme': 'http' }, 400],
    ['a fragment', { ':path': '/health/live#x' }, 400],
    ['an unknown expectation', { ':path': '/health/live', expect: 'more' }, 417],
  ])('is refused in HTTP/2 too: %s', async (_what, headers, status) => {
    const session = connect(sample.urls.https, { ca: sample.ca });
    const answer = await new Promise<Record<string, unknown>>((resolve, reject) => {
      session.request(headers).on('response', resolve).on('error', reject);
    });
    expect(answer).toMatchObject({ ':status': status, 'x-content-type-options': 'nosniff' });
    session.destroy();
  });

  it('refuses the HTTP/2 CONNECT at once', async () => {
    const session = connect(sample.urls.https, { ca: sample.ca });
    const stream = session.request({ ':method': 'CONNECT', ':authority': 'evil.test:443' });
    await expect(new Promise((_, reject) => stream.on('error', reject))).rejects.toThrow('NGHTTP2_REFUSED_STREAM');
    session.destroy();
  });

  it('says to go on only where the body will be read', async () => {
    const asks = 'Expect: 100-continue\r\nConnection: close\r\nContent-Length: ';
    const ok = await sample.raw(post(`${asks}12\r\n`, '{"text":"a"}'));
    expect(ok.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 201']);
    const large = await sample.raw(post(`${asks}20000000\r\n`, ''));
    expect(large.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413']);
  });
});
