import { connect as connectHttp2 } from 'node:http2';
import { startForTest, type TestService } from '../src/testing/index.ts';
import { sample as sampleService, SampleModule } from './fixtures/sample.app.ts';

describe('the request path', () => {
  let sample: TestService;
  beforeAll(async () => {
    sample = await startForTest(SampleModule, sampleService);
  });
  afterAll(() => sample.close());

  it('answers HTTP/1.1 and HTTP/2 on one port', async () => {
    expect((await sample.call('GET', '/health/live')).body).toEqual({ status: 'ok' });
    const session = connectHttp2(sample.urls.https, { ca: sample.ca });
    const stream = session.request({ ':path': '/health/ready' });
    const status = await new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
    expect(status).toBe(200);
    session.destroy();
  });

  it('sends the security headers, and no word about the software', async () => {
    const { headers } = await sample.call('GET', '/v1/notes/1');
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    expect(headers.server).toBeUndefined();
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('says HSTS under a public name, on errors too, and never to localhost or an address', async () => {
    const under = async (host: string, path: string) => {
      const answer = await sample.raw(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      return /strict-transport-security: (.*)\r/.exec(answer)?.[1];
    };
    for (const path of ['/v1/notes/1', '/no/such/route'])
      expect(await under('api.example.com', path)).toBe('max-age=63072000; includeSubDomains');
    for (const host of ['localhost', 'localhost:8443', '127.0.0.1', '[::1]:8443'])
      expect(await under(host, '/v1/notes/1')).toBeUndefined();
  });

  it('gives each request an id of its own and never the caller’s', async () => {
    const sent = { 'x-request-id': 'mine\\u0000' };
    const ids = [
      await sample.call('GET', '/v1/notes/1', { headers: sent }),
      await sample.call('GET', '/v1/notes/1', { headers: sent }),
    ].map((answer) => answer.headers['x-request-id']);
    expect(new Set(ids).size).toBe(2);
    expect(ids.join()).toMatch(/^[0-9a-f-]{36},[0-9a-f-]{36}$/);
  });

  it('lets only declared fields leave', async () => {
    expect((await sample.call('GET', '/v1/notes/1')).body).toEqual({ id: '1', text: 'hello' });
    const headers = { 'content-type': 'application/json' };
    const created = await sample.call('POST', '/v1/notes', { headers, body: '{"text":"a"}' });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({ id: '1', text: 'a' });
  });

  it('answers HEAD as GET without a body, with the same refusals', async () => {
    expect(await sample.call('HEAD', '/v1/notes/1')).toMatchObject({ status: 200, text: '' });
    expect((await sample.call('HEAD', '/v1/notes/1?x=1')).status).toBe(400);
  });

  it('answers 204 without a body', async () => {
    expect(await sample.call('DELETE', '/v1/notes/1')).toMatchObject({ status: 204, text: '' });
  });

  it('serves security.txt', async () => {
    const answer = await sample.call('GET', '/.well-known/security.txt');
    expect(answer.headers['content-type']).toContain('text/plain');
    expect(answer.text).toMatch(/^Contact: mailto:security@example.test\nExpires: \d{4}-/);
  });

  it('redirects a bare GET over plain HTTP to the configured origin, whatever the Host says', async () => {
    const response = await fetch(`${sample.urls.http}/v1/notes/1?a=b`, { redirect: 'manual' });
    expect(response.status).toBe(308);
    expect(response.headers.get('location')).toBe(`${sample.urls.https}/v1/notes/1?a=b`);
    expect(response.headers.get('strict-transport-security')).toBeNull();
  });

  it('refuses a credential over plain HTTP', async () => {
    const response = await fetch(sample.urls.http, {
      headers: { authorization: 'Bearer x' },
      redirect: 'manual',
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'credential-exposed' });
  });

  it('does not answer cleartext on the TLS port', async () => {
    const { port } = new URL(sample.urls.https);
    await expect(fetch(`http://localhost:${port}/health/live`)).rejects.toThrow();
  });

  describe('management', () => {
    const management = () => sample.urls.management;

    it('shows OpenAPI with what leaves and what can go wrong', async () => {
      const document = (await sample.call('GET', '/openapi.json', { origin: management() })).body as never as {
        paths: Record<
          string,
          Record<string, { requestBody?: unknown; responses: Record<string, { content?: object }> }>
        >;
      };
      const create = document.paths['/v1/notes']?.post;
      expect(JSON.stringify(create?.requestBody)).toContain('"additionalProperties":false');
      expect(Object.keys(create?.responses ?? {})).toEqual(expect.arrayContaining(['201', '400', '413', '415', '422']));
      expect(JSON.stringify(create?.responses['422']?.content)).toContain('Problem');
    });

    it('shows health with details, the policy in force, and the docs', async () => {
      expect((await sample.call('GET', '/health/ready', { origin: management() })).body).toEqual({
        status: 'ok',
        checks: [
          expect.objectContaining({ name: 'secrets', ok: true }),
          expect.objectContaining({ name: 'tls', ok: true }),
        ],
      });
      const policy = await sample.call('GET', '/policy', { origin: management() });
      expect(policy.text).toContain('"rate-limit-by-address"');
      const docs = await sample.call('GET', '/docs', { origin: management() });
      expect(docs.headers['content-type']).toContain('text/html');
      expect((await sample.call('GET', '/docs/swagger-ui-bundle.js', { origin: management() })).status).toBe(200);
    });

    it('is not reached over the API port', async () => {
      expect((await sample.call('GET', '/openapi.json')).status).toBe(404);
      expect((await sample.call('GET', '/policy')).status).toBe(404);
    });
  });
});
