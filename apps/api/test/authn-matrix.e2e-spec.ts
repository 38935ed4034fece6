// Every route that the live service reports × every credential that is not good enough: nothing answers, and nothing tells them apart.
import { createHmac, randomUUID } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { Authenticator } from '@gatehouse/authn';
import { Module } from '@nestjs/common';
import { startForTest, TestIssuer, type TestService } from '@gatehouse/service/testing';
import service from '../service.config.ts';
import { AppModule } from '../src/app.module.ts';
import { EVERYDAY, ledger } from './start.ts';

interface Route {
  method: string;
  url: string;
  access: { kind: 'public'; reason: string } | { kind: 'scopes'; scopes: string[] };
}

/** A thousand wrong credentials come from here: that they would be limited is another test's matter. */
const many = { limit: 100_000, windowSeconds: 900, burst: 100_000 };
const MANY = { address: many, account: many };

let authenticator: Authenticator;

@Module({ imports: [AppModule] })
class WithAuthenticator {
  constructor(own: Authenticator) {
    authenticator = own;
  }
}

describe('every route', () => {
  let api: TestService;
  let routes: Route[];
  beforeAll(async () => {
    api = await startForTest(
      WithAuthenticator,
      service,
      { rateLimit: { failedAuthentication: MANY } },
      { scopes: EVERYDAY },
    );
    const policy = await api.call('GET', '/policy', { origin: api.urls.management });
    routes = policy.body.routes as Route[];
  });
  afterAll(() => api.close());

  /** The answers of all routes that are not public, to a credential. */
  const ask = (headersOf: (route: Route) => Promise<Record<string, string | undefined>>) =>
    Promise.all(
      routes
        .filter(({ access }) => access.kind === 'scopes')
        .map(async (route) => {
          const headers = await headersOf(route);
          const path = route.url.replace(':id', route.url.includes('api-keys') ? 'A'.repeat(16) : randomUUID());
          return { route, answer: await api.call(route.method, path, { headers }) };
        }),
    );
  const bearer = (make: () => string | Promise<string>) => async () => ({ authorization: `Bearer ${await make()}` });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const hmac = () => {
    const body = `${part({ alg: 'HS256', typ: 'at+jwt', kid: api.issuer.publicJwk.kid })}.${part(api.issuer.claims({ scopes: EVERYDAY }))}`;
    return `${body}.${createHmac('sha256', JSON.stringify(api.issuer.publicJwk)).update(body).digest('base64url')}`;
  };
  const tampered = async () => {
    const [head, , signature] = (await api.mint({ scopes: [] })).split('.');
    return `${head}.${part(api.issuer.claims({ scopes: EVERYDAY }))}.${signature}`;
  };
  const otherIssuer = async () => {
    const other = await TestIssuer.create('https://evil.example.test', api.issuer.audience);
    return other.token({ scopes: EVERYDAY });
  };
  const imposter = async () => {
    const other = await TestIssuer.create(api.issuer.issuer, api.issuer.audience);
    const header = { alg: 'ES256', typ: 'at+jwt', kid: api.issuer.publicJwk.kid };
    return new SignJWT(other.claims({ scopes: EVERYDAY })).setProtectedHeader(header).sign(other.privateKey);
  };
  const revoked = async () => {
    const jti = randomUUID();
    const token = await api.mint({ claims: { jti } });
    await api.call('GET', '/v1/accounts', { headers: { authorization: `Bearer ${token}` } }); // known, and cached
    await authenticator.revokeToken(api.issuer.issuer, jti, Date.now() + 3_600_000);
    return token;
  };
  const inTwoMinutes = () => Math.floor(Date.now() / 1_000) + 120;
  const bound = { 'x5t#S256': Buffer.alloc(32, 7).toString('base64url') };

  it('is decided, and only health and security.txt are public', () => {
    const open = routes.filter(({ access }) => access.kind === 'public').map(({ url }) => url);
    expect(open.sort()).toEqual(['/.well-known/security.txt', '/health/live', '/health/ready']);
    expect(routes.length - open.length).toBeGreaterThanOrEqual(9);
  });

  it.each<[string, () => string | Promise<string>]>([
    ['an expired token', () => api.mint({ expiresInSeconds: -120 })],
    ['a token that is not yet valid', () => api.mint({ claims: { nbf: inTwoMinutes() } })],
    ['a token for another audience', () => api.mint({ audience: 'somebody-else' })],
    ['a token of another issuer', otherIssuer],
    ['a token by another key under the same name', imposter],
    ['alg none', () => new UnsecuredJWT(api.issuer.claims({ scopes: EVERYDAY })).encode()],
    ['HMAC with the public key', hmac],
    ['an unknown kid', () => api.mint({ header: { kid: randomUUID() } })],
    ['a tampered token', tampered],
    ['a revoked token', revoked],
    ['an ID token', () => api.mint({ header: { typ: 'JWT' } })],
    ['a token bound to a certificate that is not shown', () => api.mint({ claims: { cnf: bound } })],
    ['an API key that nobody made', () => `gh_dev_${'A'.repeat(16)}_${'B'.repeat(38)}`],
    ['nonsense', () => 'nonsense'],
  ])('answers 401 to %s', async (_what, make) => {
    for (const { route, answer } of await ask(bearer(make))) {
      expect([route.method, route.url, answer.status, answer.body.code]).toEqual([
        route.method,
        route.url,
        401,
        'unauthenticated',
      ]);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token", DPoP algs=/);
      expect(Object.keys(answer.body).sort()).toEqual(['code', 'requestId', 'status', 'title', 'type']);
    }
  });

  it('answers 401 without any credential', async () => {
    for (const { answer } of await ask(async () => ({ authorization: undefined }))) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer, DPoP algs=/);
    }
  });

  it('answers 401 to a DPoP proof that was shown before, and to a bound token without one', async () => {
    const holder = await TestIssuer.dpopHolder();
    const token = await api.mint({ scopes: [], claims: { cnf: { jkt: holder.jkt } } });
    const pathOf = (url: string) => url;
    for (const route of routes.filter(({ access, url }) => access.kind === 'scopes' && !url.includes(':'))) {
      const dpop = await holder.proof(route.method, `${api.urls.https}${pathOf(route.url)}`, token);
      const send = () => api.call(route.method, route.url, { headers: { authorization: `DPoP ${token}`, dpop } });
      expect((await send()).status).toBe(403); // proven, and without scopes
      const again = await send();
      expect([route.url, again.status]).toEqual([route.url, 401]);
      expect(again.headers['www-authenticate']).toContain('error="invalid_dpop_proof"');
    }
    for (const { answer } of await ask(bearer(() => token))) expect(answer.status).toBe(401);
  });

  it('answers 403 to a token with every scope but its own', async () => {
    for (const { route, answer } of await ask(async ({ access }) => {
      const wanted = access.kind === 'scopes' ? access.scopes : [];
      const scopes = api.scopes.filter((scope) => !wanted.includes(scope));
      return { authorization: `Bearer ${await api.mint({ scopes })}` };
    })) {
      expect([route.method, route.url, answer.status, answer.body.code]).toEqual([
        route.method,
        route.url,
        403,
        'forbidden',
      ]);
      expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"');
    }
  });

  it.each([
    ['another tenant', { subject: 'tester', tenant: 'south' }],
    ['another caller of the tenant', { subject: 'eve', tenant: 'default' }],
  ])("answers to %s as if nothing of the caller's were there", async (_who, who) => {
    const words = ledger(api);
    const [id, other] = [await words.funded(100), await words.account()];
    const { body: key } = await api.call('POST', '/v1/api-keys', { body: { name: 'mine', scopes: ['accounts:read'] } });
    const headers = { authorization: `Bearer ${await api.mint({ ...who, scopes: EVERYDAY })}` };
    const unknown = randomUUID();
    const as = (method: string, path: string, extra: object = {}) => api.call(method, path, { headers, ...extra });
    const change = (of: string) =>
      as('PATCH', `/v1/accounts/${of}`, { headers: { ...headers, 'if-match': '"1"' }, body: { overdraftLimit: 1 } });
    for (const [foreign, none] of [
      [await as('GET', `/v1/accounts/${id}`), await as('GET', `/v1/accounts/${unknown}`)],
      [await change(id), await change(unknown)],
      [await as('DELETE', `/v1/api-keys/${String(key.id)}`), await as('DELETE', `/v1/api-keys/${'A'.repeat(16)}`)],
    ] as const) {
      const { requestId: _, ...rest } = foreign.body;
      expect(foreign.status).toBe(404);
      expect({ ...none.body, requestId: undefined }).toEqual({ ...rest, requestId: undefined });
    }
    const pay = as('POST', '/v1/transfers', {
      headers: { ...headers, 'idempotency-key': randomUUID() },
      body: { from: id, to: other, amount: 1, currency: 'EUR' },
    });
    expect(await pay).toMatchObject({ status: 422, body: { code: 'unknown-account' } });
    for (const path of ['/v1/accounts', '/v1/transfers', '/v1/api-keys'])
      expect((await as('GET', path)).body.items).toEqual([]);
    expect(await words.balance(id)).toBe(100);
  });

  it('shows an auditor all of the tenant with its owners, nothing of another, and lets him change nothing', async () => {
    const id = await ledger(api).account();
    const auditor = (tenant: string) => api.mint({ subject: 'auditor', tenant, scopes: [...EVERYDAY, 'audit:read'] });
    const read = async (tenant: string) =>
      api.call('GET', `/v1/accounts/${id}`, { headers: { authorization: `Bearer ${await auditor(tenant)}` } });
    expect(await read('default')).toMatchObject({ status: 200, body: { owner: `${api.issuer.issuer}|tester` } });
    expect((await read('south')).status).toBe(404);
    const headers = { authorization: `Bearer ${await auditor('default')}`, 'if-match': '"1"' };
    expect((await api.call('PATCH', `/v1/accounts/${id}`, { headers, body: { overdraftLimit: 1 } })).status).toBe(404);
    expect((await api.call('GET', `/v1/accounts/${id}`)).body.owner).toBeUndefined();
  });
});
