// An operator takes back tokens and keys over the management port: with a scope of its own, and at once for tokens that are cached.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import { fileURLToPath } from 'node:url';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { randomUUID } from 'node:crypto';
import { Controller, Get, Module } from '@nestjs/common';
import { Scopes } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { queryEvents } from '@gatehouse/audit';
import { defineService } from '../src/index.ts';
import { hangDisk } from './fixtures/hung.disk.ts';
import { until } from './fixtures/until.ts';
import { startForTest, TestIssuer, type TestService } from '../src/testing/index.ts';

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

  it('need not be called where the issuer is near: a key that is gone is refused within a second, cached or not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-keys-'));
    const issuer = await TestIssuer.create('https://near.example.test', 'me');
    const other = await TestIssuer.create(issuer.issuer, 'me');
    const jwksFile = join(folder, 'jwks.json');
    const show = (...shown: TestIssuer[]) =>
      writeFile(jwksFile, JSON.stringify({ keys: shown.map(({ publicJwk }) => publicJwk) }));
    await show(issuer, other);
    const near = { issuer: issuer.issuer, audience: 'me', jwksFile, tenantClaim: 'tenant' };
    const own = await startForTest(MeModule, me, { issuers: [near] });
    const answer = async (token: string) =>
      (await own.call('GET', '/v1/me', { headers: { authorization: `Bearer ${token}` } })).status;
    try {
      const [cached, left] = [await issuer.token({ scopes: ['me:read'] }), await other.token({ scopes: ['me:read'] })];
      expect([await answer(cached), await answer(left)]).toEqual([200, 200]);
      await show(other);
      const removed = performance.now();
      await until(async () => (await answer(cached)) === 401);
      expect(performance.now() - removed).toBeLessThan(1_500);
      expect(await answer(left)).toBe(200);
    } finally {
      await own.close();
      await rm(folder, { recursive: true });
    }
  }, 30_000);

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

  const folder = () => join(service.stateFolder, 'me', 'audit');
  const written = async () => {
    const found = [];
    for await (const event of queryEvents(folder(), { operation: 'credential.revoke' })) found.push(event);
    return found;
  };

  it('is written down with who, what and when before it is answered, and so is what was refused', async () => {
    const by = await operator();
    const answers = [
      await asked({ kind: 'subject', value: 'lovelace' }, by),
      await asked({ kind: 'key', value: 'k1' }, by),
      await asked({ kind: 'keys' }, `Bearer ${service.token}`),
      await asked({ kind: 'everything' }, by),
      await asked({ kind: 'keys' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 403, 422, 401]);
    const events = (await written()) as unknown as {
      actor: { user: { uid: string } };
      resources?: object[];
      status_code: string;
      unmapped: { phase: string; proof?: string; fields: object };
    }[];
    expect(events.map(({ status_code }) => status_code)).toEqual([
      ...['intent', 'ok', 'intent', 'ok'],
      ...['forbidden', 'validation-failed'],
    ]); // the 401 is of the class of authentications, and has no operation there
    const [first, , key] = events;
    expect(first?.actor.user.uid).toMatch(/^hmac:/);
    expect(first?.resources).toEqual([{ type: 'subject', uid: expect.stringMatching(/^hmac:/) }]);
    expect(first?.unmapped).toMatchObject({
      proof: 'token',
      fields: { through: 'local-management', issuer: service.issuer.issuer },
    });
    expect(key?.resources).toEqual([{ type: 'key', uid: 'k1' }]);
    expect(JSON.stringify(events)).not.toContain('lovelace');
    // the subject stands as it does in the events of its own calls
    await status(await service.mint({ subject: 'lovelace', claims: { iat: Math.floor(Date.now() / 1_000) + 2 } }));
    const calls = [];
    for await (const event of queryEvents(folder(), { operation: 'GET /v1/me' })) calls.push(JSON.stringify(event));
    const [{ uid } = { uid: '-' }] = (first?.resources ?? []) as { uid: string }[];
    expect(calls.at(-1)).toContain(uid);
  });

  it('is what gatehouse audit query shows', async () => {
    await asked({ kind: 'token', value: 'jti-1' }, await operator());
    const file = fileURLToPath(new URL('../../../tools/cli/bin/gatehouse.mjs', import.meta.url));
    const query = [file, 'audit', 'query', folder(), '--operation', 'credential.revoke', '--object', 'jti-1'];
    const child = spawn(process.execPath, query, { env: { ...process.env, NODE_OPTIONS: '' } });
    const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect([code, out.trim().split('\n').length]).toEqual([0, 2]); // its intent and its outcome
  }, 30_000);

  const hangs = process.platform === 'win32' ? it.skip : it;
  if (hangs !== it) process.stderr.write('SKIPPED a hung disk: Windows has no FIFO that holds the threads of files\n');
  hangs(
    'revokes nothing, and answers 503, while the journal cannot be written',
    async () => {
      const [by, adas] = [await operator(), await service.mint({ subject: 'ada' })];
      expect(await status(adas)).toBe(200);
      const management = new URL(service.urls.management);
      const body = JSON.stringify({ kind: 'subject', value: 'ada' });
      const revoke = () =>
        new Promise<number | undefined>((resolve, reject) => {
          const headers = { authorization: by, 'content-type': 'application/json', host: 'localhost' };
          // by address: a name would be looked up by the threads that hang
          const place = { host: '127.0.0.1', servername: 'localhost', port: management.port, path: '/revocations' };
          request({ ...place, method: 'POST', headers, ca: service.ca }, (answer) => {
            answer.resume().on('end', () => resolve(answer.statusCode));
          })
            .on('error', reject)
            .end(body);
        });
      expect((await asked({ kind: 'keys' }, by)).status).toBe(204); // the operator is known: signatures need those threads too
      const release = await hangDisk();
      try {
        const began = performance.now();
        expect(await revoke()).toBe(503);
        expect(performance.now() - began).toBeLessThan(2_500);
        expect(await revoke()).toBe(503);
      } finally {
        release();
      }
      await until(async () => (await status(adas)) === 200);
      await until(async () => (await revoke()) === 204);
      expect(await status(adas)).toBe(401);
    },
    30_000,
  );
});
