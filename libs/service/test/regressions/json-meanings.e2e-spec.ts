// JSON that was accepted as something else than what a proxy, or the caller, had read in it.
import { startForTest, type TestService } from '../../src/testing/index.ts';
import { calls, sample as sampleService, SampleModule } from '../fixtures/sample.app.ts';

describe('a JSON body', () => {
  let sample: TestService;
  beforeAll(async () => void (sample = await startForTest(SampleModule, sampleService)));
  afterAll(() => sample.close());

  const post = (body: string) =>
    sample.call('POST', '/v1/notes', { body, headers: { 'content-type': 'application/json' } });

  it.each([
    ['a key twice', '{"text":"a","text":"b"}', 'duplicate-key'],
    ['a key twice, once escaped', '{"text":"a","te\\u0078t":"b"}', 'duplicate-key'],
    ['a key twice, deeper', '{"text":"a","tags":[{"x":1,"x":1}]}', 'duplicate-key'],
    ['half a surrogate pair', '{"text":"\\ud83d"}', 'invalid-utf8'],
    ['a pair the wrong way round', '{"text":"\\uDE00\\uD83D"}', 'invalid-utf8'],
    ['half a surrogate pair in a key', '{"text":"a","\\udc00":1}', 'invalid-utf8'],
  ])('is refused with %s, and runs no handler', async (_what, body, code) => {
    const before = calls.count;
    expect(await post(body)).toMatchObject({ status: 400, body: { code } });
    expect(calls.count).toBe(before);
  });

  it.each([
    ['colons and braces in strings', '{"text":"a:b:{[\\"c\\":","tags":["x:y"]}'],
    ['a whole surrogate pair', '{"text":"\\ud83d\\ude00"}'],
    ['a backslash before u', '{"text":"\\\\ud800"}'],
  ])('is taken with %s', async (_what, body) => {
    expect(await post(body)).toMatchObject({
      status: 201,
      body: { text: (JSON.parse(body) as { text: string }).text },
    });
  });

  it('is not waited for where there is no route', async () => {
    const head =
      'Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\nConnection: close\r\n\r\n';
    expect(await sample.raw(`POST /v1/none HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1\.1 404 /);
    expect(await sample.raw(`PATCH /v1/notes HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1\.1 405 /);
    expect(await sample.raw('QUERY /v1/notes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).toMatch(
      / 405 /,
    );
  });
});
