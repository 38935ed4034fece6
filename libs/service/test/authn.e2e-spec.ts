// Who may call: denied unless decided and proven, over real TLS.
import { Controller, Get, Module } from '@nestjs/common';
import type { Principal } from '@gatehouse/authn';
import { Caller, Public, Scopes, SenderConstrained } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService } from '../src/index.ts';
import { startForTest, TestIssuer, type TestService } from '../src/testing/index.ts';

const view = z.strictObject({ id: z.string(), tenant: z.string() });

@Controller('v1/me')
@Scopes('me:read')
class MeController {
  @Get()
  @Returns(view)
  me(@Caller() { id, tenant }: Principal): z.infer<typeof view> {
    return { id, tenant };
  }

  @Get('secret')
  @SenderConstrained()
  @Returns(view)
  secret(@Caller() caller: Principal): z.infer<typeof view> {
    return this.me(caller);
  }

  @Get('door')
  @Public('the sign on the door')
  @Returns(z.strictObject({ open: z.boolean() }))
  door(): object {
    return { open: true };
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

describe('who may call', () => {
  let service: TestService;
  beforeAll(async () => void (service = await startForTest(MeModule, me)));
  afterAll(() => service.close());
  const get = (path: string, headers: Record<string, string | undefined> = {}) =>
    service.call('GET', path, { headers });

  it('hands the caller to the handler', async () => {
    const authorization = `Bearer ${await service.mint({ subject: 'ada', tenant: 'north' })}`;
    expect(await get('/v1/me', { authorization })).toMatchObject({ status: 200, body: { id: 'ada', tenant: 'north' } });
  });

  it('answers 401 with a challenge without a credential, except where the route is public', async () => {
    const anonymous = { authorization: undefined };
    const refused = await get('/v1/me', anonymous);
    expect(refused).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer, DPoP algs=/);
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect(Object.keys(refused.body).sort()).toEqual(['code', 'requestId', 'status', 'title', 'type']);
    for (const path of ['/v1/me/door', '/health/live', '/health/ready'])
      expect((await get(path, anonymous)).status).toBe(200);
  });

  it('answers 403 naming the scope, and never runs the handler', async () => {
    const authorization = `Bearer ${await service.mint({ scopes: ['me:write'] })}`;
    const refused = await get('/v1/me', { authorization });
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(refused.headers['www-authenticate']).toBe('Bearer error="insufficient_scope", scope="me:read"');
  });

  it('refuses a body before it is read, when nobody is proven', async () => {
    const answer = await service.raw(
      'POST /v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 9\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 (405|401) /);
  });

  it('lets a DPoP token through once a proof, to the address that it was made for', async () => {
    const holder = await TestIssuer.dpopHolder();
    const token = await service.mint({ claims: { cnf: { jkt: holder.jkt } } });
    const at = `${service.urls.https}/v1/me/secret`;
    const dpop = await holder.proof('GET', at, token);
    const send = () => get('/v1/me/secret', { authorization: `DPoP ${token}`, dpop });
    expect((await send()).status).toBe(200);
    const replayed = await send();
    expect(replayed.status).toBe(401);
    expect(replayed.headers['www-authenticate']).toContain('DPoP error="invalid_dpop_proof"');
  });

  it('refuses a token that anybody could use where a bound one is asked for', async () => {
    expect((await get('/v1/me/secret')).status).toBe(401);
  });

  it('shows at /policy and /openapi.json who may call what', async () => {
    const { management } = service.urls;
    const policy = (await service.call('GET', '/policy', { origin: management })).body;
    const routes = policy.routes as { url: string; access: object }[];
    expect(routes.find(({ url }) => url === '/v1/me')?.access).toEqual({ kind: 'scopes', scopes: ['me:read'] });
    expect(routes.every(({ access }) => access !== undefined)).toBe(true);
    const { paths } = (await service.call('GET', '/openapi.json', { origin: management })).body as {
      paths: Record<string, { get: { security: object[] } }>;
    };
    expect(paths['/v1/me']?.get.security).toEqual([{ credential: ['me:read'] }]);
    expect(paths['/v1/me/door']?.get.security).toEqual([]);
  });
});

describe('refuses to start', () => {
  const { authn: _, ...without } = me;

  it('a service whose routes ask for scopes when nobody could prove who they are', async () => {
    await expect(startForTest(MeModule, defineService(without))).rejects.toThrow(
      /GET \/v1\/me \(MeController.me\): nobody can prove who they are: give the descriptor `authn: {}`/,
    );
  });

  it('with settings of an issuer that are wrong, naming each', async () => {
    const env = { GATEHOUSE_ISSUER: 'http://issuer.test', GATEHOUSE_ISSUER_JWKS_URI: 'nonsense' };
    await expect(startForTest(MeModule, me, { env, issuers: undefined })).rejects.toThrow(
      /GATEHOUSE_ISSUER: must be an https:\/\/ address[\s\S]*GATEHOUSE_ISSUER_JWKS_URI/,
    );
  });
});
