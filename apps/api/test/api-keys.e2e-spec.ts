import type { TestService } from '@gatehouse/service/testing';
import { start } from './start.ts';

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

  it.each([
    ['no scope', { ...wish, scopes: [] }],
    ['a scope that is none', { ...wish, scopes: ['all of them'] }],
    ['a life without end', { ...wish, expiresInDays: 10_000 }],
    ['an unknown field', { ...wish, tenant: 'south' }],
  ])('refuses %s', async (_what, body) => {
    expect((await make(body)).status).toBe(422);
  });
});
