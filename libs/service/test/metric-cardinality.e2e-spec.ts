// A caller chooses paths, methods, parameters and agents: none of them may make the page of metrics grow (CWE-770).
import { connect, type ClientHttp2Session } from 'node:http2';
import { startForTest, type TestService } from '../src/testing/index.ts';
import { sample, SampleModule } from './fixtures/sample.app.ts';

const ATTACKS = 10_000;
const METHODS = ['GET', 'POST', 'PUT', 'PROPFIND', 'MKCOL', 'X-ANY', 'BREW', 'PURGE'];

let service: TestService;
let session: ClientHttp2Session;
beforeAll(async () => {
  // what is counted is not what is refused first: the limits would turn a fast machine's requests away
  service = await startForTest(SampleModule, sample, {
    rateLimit: { address: { limit: 1_000_000, windowSeconds: 60 } },
  });
  session = connect(service.urls.https, { ca: service.ca });
});
afterAll(async () => {
  session.close();
  await service.close();
});

const send = (path: string, method: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path, ':method': method, 'user-agent': `agent ${path}` });
    let status = 0;
    stream.on('response', (headers) => (status = Number(headers[':status'])));
    stream.on('error', reject).on('end', () => resolve(status));
    stream.resume().end();
  });
const page = async () => (await service.call('GET', '/metrics', { origin: service.urls.management })).text;

it('keeps the page as small as it was under 10,000 paths and methods that nobody knows', async () => {
  for (const method of METHODS) await send('/none', method);
  for (const path of ['/v1/notes/0', '/v1/notes/x', '/%zz']) await send(path, 'GET');
  const before = await page();
  for (let sent = 0; sent < ATTACKS; sent += 50) {
    const batch = Array.from({ length: 50 }, (_, index) => {
      const number = sent + index;
      const path =
        [`/attack-${number}`, `/v1/notes/${number}`, `/v1/notes/x${number}`, `/%zz${number}`][number % 4] ?? '';
      return send(path, path.startsWith('/a') ? (METHODS[(number >> 2) % METHODS.length] ?? 'GET') : 'GET');
    });
    expect((await Promise.all(batch)).every((status) => status >= 200 && status < 500)).toBe(true);
  }
  const after = await page();
  const series = (text: string) => text.split('\n').filter((line) => line.startsWith('http_server_')).length;
  expect(series(after)).toBe(series(before));
  expect(after.length).toBeLessThan(before.length + 8_000); // more digits, other kinds of garbage collection
  expect(after).not.toMatch(/attack-|x1234|BREW/);
}, 120_000);
