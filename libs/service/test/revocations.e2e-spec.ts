// An operator takes back tokens and keys over the management port: with a scope of its own, and at once for tokens that are cached.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { randomUUID } from 'node:crypto';
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

describe('POST /revocations on the management port', () => {
  let service: TestService;
  beforeEach(async () => void (service = await startForTest(MeModule, me)));
  afterEach(() => service.close());

  const asked = async (body: unknown, authorization?: string) =>
    service.call('POST', '/revocations', { origin: service.urls.management, body, headers: { authorization } });
  const operator = async () => `Bearer ${await service.mint({ subject: 'operator', scopes: ['authn:revoke'] })}`;
  const status = async (token: string) =>
    (await service.call('GET', '/v1/me', { headers: { authorization: `Bearer ${token}` } })).status;

  it('refuses who has no credential, a bad one, or not the scope', async () => {
    const body = { kind: 'subject', value: 'ada' };
    expect(await asked(body)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect((await asked(body)).headers['www-authenticate']).toMatch(/^Bearer/);
    expect((await asked(body, 'Bearer nonsense')).status).toBe(401);
    expect((await asked(body, `Bearer ${service.token}`)).status).toBe(403);
  });

  it.each([
    ['a kind that is none', { kind: 'everything' }],
    ['no value', { kind: 'token' }],
    ['a value for all keys', { kind: 'keys', value: 'x' }],
    ['an issuer that is not trusted', { kind: 'keys', issuer: 'https://other.example' }],
    ['an unknown field', { kind: 'keys', force: true }],
  ])('refuses %s', async (_what, body) => {
    expect(await asked(body, await operator())).toMatchObject({ status: 422, body: { code: 'validation-failed' } });
  });

  it('takes back one token, all of a subject, and all by a key, cached or not', async () => {
    const jti = randomUUID();
    const [one, adas, bobs] = [
      await service.mint({ claims: { jti } }),
      await service.mint({ subject: 'ada' }),
      await service.mint({ subject: 'bob' }),
    ];
    const state = async () => [await status(one), await status(adas), await status(bobs)];
    expect(await state()).toEqual([200, 200, 200]);
    const by = await operator();
    expect((await asked({ kind: 'token', value: jti }, by)).status).toBe(204);
    expect(await state()).toEqual([401, 200, 200]);
    expect((await asked({ kind: 'subject', value: 'ada' }, by)).status).toBe(204);
    expect(await state()).toEqual([401, 401, 200]);
    expect((await asked({ kind: 'keys' }, by)).status).toBe(204);
    expect(await state()).toEqual([401, 401, 200]); // the issuer still shows its key
    expect((await asked({ kind: 'key', value: service.issuer.publicJwk.kid }, by)).status).toBe(204);
    expect(await state()).toEqual([401, 401, 401]);
    expect(await status(await service.mint())).toBe(401);
  });

  it('is what gatehouse revoke asks', async () => {
    const adas = await service.mint({ subject: 'ada' });
    expect(await status(adas)).toBe(200);
    const file = fileURLToPath(new URL('../../../tools/cli/bin/gatehouse.mjs', import.meta.url));
    const place = ['--management', service.urls.management, '--ca', String(service.caFile), '--token-file', '-'];
    const env = { ...process.env, NODE_OPTIONS: '' };
    const child = spawn(process.execPath, [file, 'revoke', 'subject', 'ada', ...place], { env });
    child.stdin.end(await service.mint({ scopes: ['authn:revoke'] }));
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    expect([err, code, out]).toEqual(['', 0, expect.stringContaining('revoked on this replica')]);
    expect(await status(adas)).toBe(401);
  }, 30_000);
});
