// The management port answered some refusals in Node's or Fastify's words, and called the caller's mistakes faults of its own.
import { connect } from 'node:tls';
import { startForTest, type TestService } from '../../src/testing/index.ts';
import { sample as sampleService, SampleModule } from '../fixtures/sample.app.ts';

describe('the management port refuses', () => {
  let sample: TestService;
  beforeAll(async () => void (sample = await startForTest(SampleModule, sampleService)));
  afterAll(() => sample.close());

  const raw = (bytes: string) =>
    new Promise<string>((resolve, reject) => {
      const port = Number(new URL(sample.urls.management).port);
      const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: sample.ca });
      let text = '';
      socket.on('secureConnect', () => socket.write(bytes));
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.on('close', () => resolve(text)).on('error', reject);
    });
  const HEAD = 'Host: localhost\r\nConnection: close\r\n';

  it.each([
    ['a malformed URL', `GET /docs/%E0%A4 HTTP/1.1\r\n${HEAD}\r\n`, 400, 'malformed-url'],
    ['malformed HTTP', 'NOT HTTP\r\n\r\n', 400, 'malformed-http'],
    ['huge headers', `GET /policy HTTP/1.1\r\n${HEAD}X: ${'a'.repeat(9_000)}\r\n\r\n`, 431, 'headers-too-large'],
    ['no Host', 'GET /policy HTTP/1.1\r\n\r\n', 400, 'malformed-http'],
    ['an expectation', `GET /policy HTTP/1.1\r\n${HEAD}Expect: more\r\n\r\n`, 417, 'expectation-failed'],
    [
      'a body',
      `POST /policy HTTP/1.1\r\n${HEAD}Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx`,
      404,
      'not-found',
    ],
  ])('%s in its own words', async (_what, bytes, status, code) => {
    const text = await raw(bytes);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
    expect(text).toContain(`"code":"${code}"`);
    expect(text).toMatch(/content-type: application\/problem\+json/i);
    expect(text).toMatch(/x-content-type-options: nosniff/i);
  });
});
