// A client that does not read its answer, or goes on sending after it, held its connection for ever.
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:tls';
import { startForTest, type TestService } from '../../src/testing/index.ts';
import { sample as sampleService, SampleModule } from '../fixtures/sample.app.ts';

describe('an answer that nobody reads', () => {
  let sample: TestService;
  beforeAll(async () => {
    const limits = { headersTimeoutMs: 300, requestTimeoutMs: 300, handlerTimeoutMs: 300, keepAliveTimeoutMs: 300 };
    sample = await startForTest(SampleModule, sampleService, { limits });
  });
  afterAll(() => sample.close());

  it.each([
    ['a refusal with a window of nothing', { ':path': '/v1/notes?x=1' }, 0],
    ['an answer with a window of nothing', { ':path': '/v1/notes/1' }, 0],
    ['a 408 while the body does not end', { ':path': '/v1/notes', ':method': 'POST' }, 65_535],
    ['a 404 while the body does not end', { ':path': '/none', ':method': 'POST' }, 65_535],
  ])('holds no HTTP/2 connection: %s', async (_what, headers, initialWindowSize) => {
    const session = connectHttp2(sample.urls.https, { ca: sample.ca, settings: { initialWindowSize } });
    session.on('error', () => undefined);
    const json = { 'content-type': 'application/json' };
    const stream = session.request({ ...headers, ...json }, { endStream: !(':method' in headers) });
    stream.on('error', () => undefined);
    await new Promise((resolve) => session.once('close', resolve));
  });

  it('holds no HTTP/1.1 connection', async () => {
    const port = Number(new URL(sample.urls.https).port);
    const options = { host: '127.0.0.1', port, servername: 'localhost', ca: sample.ca, ALPNProtocols: ['http/1.1'] };
    const socket = connect(options);
    socket.on('error', () => undefined).pause();
    // each answer is larger than its request: the server soon cannot write, and stops to read
    const requests = 'GET /v1/notes?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200);
    const more = setInterval(() => socket.write(requests), 20);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(more);
  });
});
