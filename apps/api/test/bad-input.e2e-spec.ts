// What a caller may send wrongly: each gets its documented answer (or a closed connection), nothing changes in the database, and
// the process lives. What every route shares is tried in libs/service; here it is tried on the ledger with its database.
import { randomUUID } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import type { TestService } from '@gatehouse/service/testing';
import { ledger, start } from './start.ts';

describe('bad input to the ledger', () => {
  let api: TestService;
  let words: ReturnType<typeof ledger>;
  let body: Record<string, unknown>;
  beforeAll(async () => {
    api = await start({ limits: { headersTimeoutMs: 600, requestTimeoutMs: 900 } });
    words = ledger(api);
    body = { from: await words.funded(500), to: await words.account(), amount: 5, currency: 'EUR' };
  });
  afterAll(() => api.close());
  afterEach(async () => {
    expect([await words.balance(body.from as string), await words.balance(body.to as string)]).toEqual([500, 0]);
  });

  const send = (raw: string | Buffer, headers: Record<string, string> = {}) =>
    api.call('POST', '/v1/transfers', { body: raw, headers: { 'idempotency-key': randomUUID(), ...headers } });
  const withField = (text: string) => `${JSON.stringify(body).slice(0, -1)},${text}}`;

  it.each([
    ['malformed JSON', () => JSON.stringify(body).slice(0, -1), {}, 400, 'malformed-json'],
    ['no body', () => '', {}, 400, 'malformed-json'],
    ['another media type', () => JSON.stringify(body), { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    ['a compressed body', () => JSON.stringify(body), { 'content-encoding': 'gzip' }, 415, 'unsupported-media-type'],
    ['a body over the limit', () => withField(`"reference":"${'x'.repeat(70_000)}"`), {}, 413, 'body-too-large'],
    ['deep nesting', () => withField(`"x":${'['.repeat(9_000)}${']'.repeat(9_000)}`), {}, 400, 'body-too-deep'],
    ['a __proto__ key', () => withField('"__proto__":{"amount":1}'), {}, 400, 'forbidden-key'],
    ['a constructor key', () => withField('"constructor":{"prototype":{}}'), {}, 400, 'forbidden-key'],
    ['an unknown field', () => withField('"approved":true'), {}, 422, 'validation-failed'],
    ['a repeated field', () => withField('"amount":-1'), {}, 400, 'duplicate-key'],
    ['invalid UTF-8', () => Buffer.from(withField('"reference":"\xff"'), 'latin1'), {}, 400, 'invalid-utf8'],
    [
      'an amount with an exponent',
      () => JSON.stringify(body).replace(/"amount":\d+/, '"amount":1e400'),
      {},
      422,
      'validation-failed',
    ],
  ])('refuses %s', async (_what, make, headers, status, code) => {
    const answer = await send(make(), headers as Record<string, string>);
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it.each([
    ['GET', '/v1/transfers?cursor=x', 400, 'invalid-cursor'],
    ['GET', '/v1/transfers?cursor=a&cursor=b', 400, 'duplicate-parameter'],
    ['GET', '/v1/transfers?limit=0', 422, 'validation-failed'],
    ['GET', '/v1/transfers?account=1', 422, 'validation-failed'],
    ['GET', '/v1/transfers?sql=1', 400, 'unknown-parameter'],
    ['GET', '/v1/transfer', 404, 'not-found'],
    ['DELETE', '/v1/transfers', 405, 'method-not-allowed'],
    ['GET', `/v1/accounts/${randomUUID()}`, 404, 'not-found'],
  ])('%s %s answers %i %s', async (method, path, status, code) => {
    expect(await api.call(method, path)).toMatchObject({ status, body: { code } });
  });

  it('answers 431 to a huge header and cuts slow headers and a slow body', async () => {
    const line = `POST /v1/transfers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${api.token}\r\n`;
    expect(await api.raw(`${line}X-A: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
    const started = Date.now();
    expect(await api.raw(line)).toMatch(/^(HTTP\/1.1 408 |$)/);
    expect(await api.raw(`${line}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{`)).toMatch(
      /^(HTTP\/1.1 408 |$)/,
    );
    expect(Date.now() - started).toBeLessThan(8_000);
  });

  it('does nothing for a body that ends early', async () => {
    const text = JSON.stringify(body);
    const head = `POST /v1/transfers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${api.token}\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: ${text.length + 1}\r\n\r\n`;
    await api.raw(head + text, (socket) => setTimeout(() => socket.destroy(), 100));
  });

  it('lives through an HTTP/2 rapid reset of transfers', async () => {
    const session = connectHttp2(api.urls.https, { ca: api.ca });
    session.on('error', () => undefined);
    for (let index = 0; index < 1_000 && !session.destroyed; index++) {
      const stream = session.request({ ':path': '/v1/transfers', authorization: `Bearer ${api.token}` });
      stream.on('error', () => undefined);
      stream.close(8); // CANCEL
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    session.destroy();
    expect((await api.call('GET', '/health/ready')).status).toBe(200);
  });
});
