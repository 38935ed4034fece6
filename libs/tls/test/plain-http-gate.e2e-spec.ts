import { request, type IncomingHttpHeaders, type RequestOptions, type Server } from 'node:http';
import { connect } from 'node:net';
import { createPlainHttpGate } from '../src/plain-http.gate.ts';
import { closed, listening } from './fixtures/handshake.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

describe('the plain-HTTP gate', () => {
  let gate: Server;
  let port: number;
  const exposed: unknown[] = [];

  beforeAll(async () => {
    gate = createPlainHttpGate({
      httpsOrigin: () => 'https://api.example.test:8443',
      onCredentialExposed: (event) => exposed.push(event),
      challenge: async (token) => (token === 'known_token-1' ? 'known_token-1.thumbprint' : undefined),
    });
    port = await listening(gate);
  });
  afterAll(() => closed(gate));
  beforeEach(() => (exposed.length = 0));

  const call = (options: RequestOptions, body?: string) =>
    new Promise<Answer>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, ...options }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        });
      });
      sent.on('error', reject).end(body);
    });

  it.each(['GET', 'HEAD'])('sends a bare %s to the configured host', async (method) => {
    const { status, headers } = await call({ method, path: '/v1/accounts?cursor=a' });
    expect(status).toBe(308);
    expect(headers.location).toBe('https://api.example.test:8443/v1/accounts?cursor=a');
  });

  it('does not reflect a forged Host, nor X-Forwarded-Host', async () => {
    const { headers } = await call({
      path: '/',
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    });
    expect(headers.location).toBe('https://api.example.test:8443/');
  });

  it('does not let a path choose another host', async () => {
    expect((await call({ path: '//evil.example/' })).headers.location).toBe(
      'https://api.example.test:8443//evil.example/',
    );
    expect((await call({ path: 'http://evil.example/' })).status).toBe(403);
  });

  it('never says HSTS in clear, and closes', async () => {
    for (const method of ['GET', 'POST']) {
      const { headers } = await call({ method });
      expect(headers['strict-transport-security']).toBeUndefined();
      expect(headers.connection).toBe('close');
    }
  });

  it.each([
    ['a POST', { method: 'POST' }, undefined],
    ['a DELETE', { method: 'DELETE' }, undefined],
    ['OPTIONS', { method: 'OPTIONS' }, undefined],
    ['a GET with a body', { method: 'GET', headers: { 'content-length': '2' } }, '{}'],
    ['a GET with a chunked body', { method: 'GET', headers: { 'transfer-encoding': 'chunked' } }, '{}'],
  ])('refuses %s', async (_what, options, body) => {
    const { status, headers, body: answer } = await call({ path: '/v1/transfers', ...options }, body);
    expect(status).toBe(403);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer)).toMatchObject({ code: 'plain-http-refused', status: 403 });
    expect(headers.location).toBeUndefined();
  });

  it.each([
    ['Authorization', { headers: { authorization: 'Bearer secret-value' } }],
    ['a cookie', { headers: { cookie: 'session=secret-value' } }],
    ['X-Api-Key', { headers: { 'x-api-key': 'secret-value' } }],
    ['a DPoP proof', { headers: { dpop: 'secret-value' } }],
    ['a token in the query', { path: '/?access_token=secret-value' }],
    ['a key in the query of a challenge', { path: '/.well-known/acme-challenge/known_token-1?key=secret-value' }],
  ])('refuses %s, reports the leak, and repeats nothing of it', async (_what, options) => {
    const { status, headers, body } = await call({ path: '/v1/accounts', ...options });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ code: 'credential-exposed' });
    expect(headers.location).toBeUndefined();
    expect(exposed).toHaveLength(1);
    expect(JSON.stringify([body, headers, exposed])).not.toContain('secret-value');
  });

  it('answers an ACME challenge in clear, and redirects an unknown token', async () => {
    const known = await call({ path: '/.well-known/acme-challenge/known_token-1' });
    expect([known.status, known.body]).toEqual([200, 'known_token-1.thumbprint']);
    expect((await call({ path: '/.well-known/acme-challenge/other' })).status).toBe(308);
    expect((await call({ path: '/.well-known/acme-challenge/..%2Fkey' })).status).toBe(308);
    expect((await call({ method: 'POST', path: '/.well-known/acme-challenge/known_token-1' })).status).toBe(403);
  });

  it('closes a connection that stalls', async () => {
    const impatient = createPlainHttpGate({ httpsOrigin: () => 'https://a.test', requestTimeoutMs: 300 });
    const socket = connect(await listening(impatient), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n');
    const answer: Buffer[] = [];
    socket.on('data', (bytes) => answer.push(bytes)).on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(Buffer.concat(answer).toString()).toMatch(/^(HTTP\/1\.1 408|$)/);
    await closed(impatient);
  });

  it('closes a connection that speaks TLS', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).on('data', () => undefined);
    socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]));
    await new Promise((resolve) => socket.once('close', resolve));
  });
});
