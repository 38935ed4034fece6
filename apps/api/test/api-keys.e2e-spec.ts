import { startForTest, type TestService } from '@gatehouse/service/testing';
import service from '../service.config.ts';
import { AppModule } from '../src/app.module.ts';
import { EVERYDAY, start } from './start.ts';

describe('API keys of the ledger', () => {
  let api: TestService;
  beforeAll(async () => void (api = await start()));
  afterAll(() => api.close());
  const make = (body: object, headers = {}) => api.call('POST', '/v1/api-keys', { body, headers });
  const wish = { name: 'nightly', scopes: ['accounts:read'] };
  const asKey = (key: unknown) => ({ authorization: `Bearer ${String(key)}` });

  it('shows one once, and lets it do what it may and no more, for its owner', async () => {
    const { status, body } = await make(wish);
    expect(status).toBe(201);
    const { body: account } = await api.call('POST', '/v1/accounts', { body: { holder: 'Ada', currency: 'EUR' } });
    const headers = asKey(body.key);
    expect((await api.call('GET', `/v1/accounts/${String(account.id)}`, { headers })).status).toBe(200);
    expect((await api.call('GET', '/v1/transfers', { headers })).status).toBe(403);
    const { text } = await api.call('GET', '/v1/api-keys');
    expect(text).toContain(String(body.id));
    expect(text).not.toContain(String(body.key));
  });

  it('refuses one that was revoked, at once', async () => {
    const { body } = await make(wish);
    expect((await api.call('GET', '/v1/accounts', { headers: asKey(body.key) })).status).toBe(200);
    expect((await api.call('DELETE', `/v1/api-keys/${String(body.id)}`)).status).toBe(204);
    expect((await api.call('GET', '/v1/accounts', { headers: asKey(body.key) })).status).toBe(401);
    expect((await api.call('DELETE', `/v1/api-keys/${String(body.id)}`)).status).toBe(404);
  });

  it('gives none more than its maker has, and lets no key make keys', async () => {
    expect(await make({ ...wish, scopes: ['audit:read'] })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const { body } = await make({ name: 'manager', scopes: ['api-keys:manage', 'accounts:read'] });
    expect(await make(wish, asKey(body.key))).toMatchObject({ status: 403 });
    expect((await api.call('GET', '/v1/api-keys', { headers: asKey(body.key) })).status).toBe(200);
  });

  it('rotates one: a new text with the same rights, the old one works on for a while, and says when it was used', async () => {
    const { body: old } = await make(wish);
    expect((await api.call('GET', '/v1/accounts', { headers: asKey(old.key) })).status).toBe(200);
    const { status, body } = await api.call('POST', `/v1/api-keys/${String(old.id)}/rotate`);
    expect([status, body.name, body.scopes, body.lastUsedAt]).toEqual([201, wish.name, wish.scopes, null]);
    for (const { key } of [old, body])
      expect((await api.call('GET', '/v1/accounts', { headers: asKey(key) })).status).toBe(200);
    const listed = async () => {
      const { items } = (await api.call('GET', '/v1/api-keys')).body as { items: Record<string, string>[] };
      return items.find(({ id }) => id === old.id) ?? {};
    };
    const { expiresAt } = await listed();
    expect(Date.parse(String(expiresAt))).toBeLessThan(Date.parse(String(old.expiresAt)));
    for (const end = Date.now() + 20_000; !(await listed()).lastUsedAt && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 250)); // written every 5 s
    expect(Date.parse(String((await listed()).lastUsedAt))).toBeGreaterThan(Date.now() - 60_000);
  }, 30_000);

  it('lets nobody rotate what is not theirs, by a key, or beyond their own scopes', async () => {
    const { body } = await make({ name: 'manager', scopes: ['api-keys:manage', 'accounts:read'] });
    const path = `/v1/api-keys/${String(body.id)}/rotate`;
    expect((await api.call('POST', path, { headers: asKey(body.key) })).status).toBe(403);
    const as = async (who: object) => ({ headers: { authorization: `Bearer ${await api.mint(who)}` } });
    const scopes = ['api-keys:manage'];
    expect((await api.call('POST', path, await as({ scopes }))).body).toMatchObject({ code: 'forbidden' });
    for (const who of [{ subject: 'eve' }, { tenant: 'south' }])
      expect((await api.call('POST', path, await as(who))).status).toBe(404);
    expect((await api.call('DELETE', `/v1/api-keys/${String(body.id)}`)).status).toBe(204);
    expect((await api.call('POST', path)).status).toBe(404);
  });

  it.each([
    ['no scope', { ...wish, scopes: [] }],
    ['a scope that is none', { ...wish, scopes: ['all of them'] }],
    ['a life without end', { ...wish, expiresInDays: 10_000 }],
    ['an unknown field', { ...wish, tenant: 'south' }],
  ])('refuses %s', async (_what, body) => {
    expect((await make(body)).status).toBe(422);
  });
});

describe.each([true, false])('an API key that is sent in clear, with revokeExposedKeys: %s', (revokeExposedKeys) => {
  let api: TestService;
  const settings = {
    ...service,
    authn: { ...service.authn, apiKeys: { ...service.authn?.apiKeys, revokeExposedKeys } },
  };
  beforeAll(
    async () => void (api = await startForTest(AppModule, settings as typeof service, {}, { scopes: EVERYDAY })),
  );
  afterAll(() => api.close());

  it(`is ${revokeExposedKeys ? 'revoked' : 'told, and works on'}; the refusal is that of a key that nobody made`, async () => {
    const wish = { name: 'leaked', scopes: ['accounts:read'] };
    const { body } = await api.call('POST', '/v1/api-keys', { body: wish });
    const status = async () =>
      (await api.call('GET', '/v1/accounts', { headers: { authorization: `Bearer ${String(body.key)}` } })).status;
    expect(await status()).toBe(200);
    const inClear = async (key: string) => {
      const answer = await fetch(new URL('/v1/accounts', api.urls.http), { headers: { 'x-api-key': key } });
      const { requestId, ...problem } = (await answer.json()) as Record<string, unknown>;
      const headers = Object.fromEntries(answer.headers);
      return { status: answer.status, problem, headers: { ...headers, date: '' }, has: typeof requestId };
    };
    const known = await inClear(String(body.key));
    expect(known).toMatchObject({ status: 403, problem: { code: 'credential-exposed' } });
    expect(await inClear(`gh_dev_${'A'.repeat(16)}_${'B'.repeat(38)}`)).toEqual(known);
    if (!revokeExposedKeys) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await status()).toBe(200);
      return;
    }
    for (const end = Date.now() + 10_000; (await status()) !== 401 && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await status()).toBe(401);
  });
});
