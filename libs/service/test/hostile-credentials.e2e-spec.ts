// Credentials that two readers could understand differently, or that are meant to do harm by their size: refused before anybody is proven.
import { execFile } from 'node:child_process';
import { Controller, Get, Module } from '@nestjs/common';
import { Scopes } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService } from '../src/index.ts';
import { startForTest, type TestService } from '../src/testing/index.ts';

@Controller('v1/me')
@Scopes('me:read')
class MeController {
  @Get()
  @Returns(z.strictObject({ ok: z.boolean() }))
  me(): object {
    return { ok: true };
  }
}

@Module({ controllers: [MeController] })
class MeModule {}

const me = defineService({
  root: import.meta.dirname,
  name: 'me',
  ports: { https: 0, http: 0, management: 0 },
  authn: {},
});

describe('hostile credentials', () => {
  let service: TestService;
  beforeAll(async () => void (service = await startForTest(MeModule, me)));
  afterAll(() => service.close());

  const raw = async (...lines: string[]) => {
    const text = await service.raw(
      ['GET /v1/me HTTP/1.1', 'Host: localhost', 'Connection: close', ...lines, '', ''].join('\r\n'),
    );
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  };
  const good = () => `Authorization: Bearer ${service.token}`;

  /** Node's own client sends no header twice. */
  const curl = (...args: string[]) =>
    new Promise<{ status: string; error?: unknown }>((resolve) => {
      const shown = ['-s', '-o', '/dev/null', '-w', '%{http_version} %{http_code}', '--http2'];
      const place = ['--cacert', String(service.caFile), `${service.urls.https}/v1/me`];
      execFile('curl', [...shown, ...args, ...place], (error, status) => {
        resolve({ status, error: (error as NodeJS.ErrnoException | null)?.code === 'ENOENT' ? error : undefined });
      });
    });

  it('lets the good one in', async () => {
    expect(await raw(good())).toBe(200);
    expect(await raw(`authorization: bearer ${service.token}`)).toBe(200);
  });

  it.each<[string, number, () => string[]]>([
    ['two Authorization headers, the good one first', 400, () => [good(), 'Authorization: Bearer other']],
    ['two Authorization headers, the good one last', 400, () => ['Authorization: Bearer other', good()]],
    ['the same one twice', 400, () => [good(), good()]],
    ['a token and an API key', 400, () => [good(), `X-API-Key: gh_dev_${'A'.repeat(16)}_${'B'.repeat(38)}`]],
    ['two tokens in one header', 401, () => [`${good()}, Bearer ${service.token}`]],
    ['two API keys', 401, () => ['X-API-Key: a', 'X-API-Key: b']],
    ['a folded header', 400, () => ['Authorization: Bearer', ` ${service.token}`]],
    ['a blank before the colon', 400, () => [`Authorization : Bearer ${service.token}`]],
    ['a NUL', 400, () => [`Authorization: Bearer ${service.token}\0`]],
    ['an empty one', 401, () => ['Authorization:']],
    ['a scheme alone', 401, () => ['Authorization: Bearer ']],
    ['a token without a scheme', 401, () => [`Authorization: ${service.token}`]],
    ['another scheme', 401, () => [`Authorization: Basic ${Buffer.from(`a:${service.token}`).toString('base64')}`]],
    ['a token of 12 KiB', 401, () => [`Authorization: Bearer ${'a'.repeat(12_288)}`]],
    ['a token of 1 MiB', 431, () => [`Authorization: Bearer ${'a'.repeat(1_048_576)}`]],
    ['the token as Proxy-Authorization', 401, () => [`Proxy-Authorization: Bearer ${service.token}`]],
    [
      'the token as a cookie',
      401,
      () => [`Cookie: access_token=${service.token}; Authorization=Bearer ${service.token}`],
    ],
  ])('refuses %s with %i', async (_what, status, lines) => {
    expect(await raw(...lines())).toBe(status);
  });

  it('refuses two Authorization headers over HTTP/2 too', async () => {
    const { status, error } = await curl('-H', good(), '-H', 'Authorization: Bearer other');
    if (error) return void process.stderr.write('skipped: two headers over HTTP/2: there is no curl\n');
    expect(status).toBe('2 400');
    expect((await curl('-H', good())).status).toBe('2 200');
  });

  it('is still well, and has let nobody in', async () => {
    expect((await service.call('GET', '/health/live')).status).toBe(200);
    expect(await raw()).toBe(401);
  });
});
