// What auditors read over HTTPS: their own tenant's events, page by page, and the signed state that they keep.
import { type AuditEvent, noteVerifier, openCheckpoint } from '@gatehouse/audit';
import { type TestService } from '@gatehouse/service/testing';
import { EVERYDAY, ledger, start } from './start.ts';

const AUDITOR = { subject: 'auditor', scopes: ['audit:read'] };

describe('the audit endpoints', () => {
  let api: TestService;
  beforeAll(async () => void (api = await start()), 60_000);
  afterAll(() => api?.close());

  const bearer = async (who: Parameters<TestService['mint']>[0]) => ({
    authorization: `Bearer ${await api.mint(who)}`,
  });
  const get = async (path: string, who: Parameters<TestService['mint']>[0] = AUDITOR) =>
    api.call('GET', path, { headers: await bearer(who) });
  const pageOf = async (query = '', who = AUDITOR) => {
    const { status, body, text } = await get(`/v1/audit/events?${query}`, who);
    if (status !== 200) throw new Error(text);
    return body as unknown as { items: (AuditEvent & { class_uid: 6003 })[]; next: string | null };
  };

  it('show intent and outcome of a transfer to an auditor of the tenant, found by its id, and no event to one of another', async () => {
    const words = ledger(api);
    const [from, to] = [await words.funded(10), await words.account()];
    const { body, headers } = await words.transfer({ from, to, amount: 3, currency: 'EUR' });
    const { items } = await pageOf(`object=${String(body.id)}`);
    expect(items).toHaveLength(1); // the intent cannot know the id yet
    expect(items[0]).toMatchObject({
      class_uid: 6003,
      api: { operation: 'transfer.create', response: { code: 201 }, request: { uid: headers['x-request-id'] } },
      actor: { user: { org: { uid: 'default' } } },
      unmapped: { fields: { amount: 3, currency: 'EUR' }, phase: 'outcome' },
    });
    const both = await pageOf(`request=${String(headers['x-request-id'])}`);
    expect(both.items.map(({ unmapped }) => unmapped.phase)).toEqual(['intent', 'outcome']);
    expect((await pageOf('', { ...AUDITOR, tenant: 'south' } as never)).items).toEqual([]);
    const own = await pageOf('', { ...AUDITOR, tenant: 'south' } as never); // what that auditor did itself a moment ago
    expect(own.items.map(({ api: { operation } }) => operation)).toEqual(['audit.query']);
  });

  it('show every event once, however small the pages, and what was filtered', async () => {
    for (let call = 0; call < 12; call++) await api.call('GET', '/v1/transfers');
    const query = 'operation=GET%20%2Fv1%2Ftransfers&limit=5';
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const page = await pageOf(`${query}${cursor}`);
      expect(page.items.length).toBeLessThanOrEqual(5);
      seen.push(...page.items.map(({ metadata }) => metadata.uid));
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(seen).toHaveLength(12);
    expect(new Set(seen).size).toBe(12);
  });

  it('find by reason and time, and take a range of a century', async () => {
    const before = new Date().toISOString();
    const { headers } = await api.call('GET', '/v1/accounts?nonsense=1');
    const range = 'since=1970-01-01T00:00:00Z&until=2070-01-01T00:00:00Z';
    const ids = async (query: string) => (await pageOf(query)).items.map(({ metadata }) => metadata.uid);
    expect(await ids(`${range}&reason=unknown-parameter`)).toContain(headers['x-request-id']);
    expect(await ids(`since=${before}&reason=unknown-parameter`)).toEqual([headers['x-request-id']]);
    expect(await ids(`until=1971-01-01T00:00:00Z`)).toEqual([]);
  });

  it.each([
    ['a cursor that is none', 'cursor=x', 400, 'invalid-cursor'],
    ['a cursor of another journal', `cursor=${cursorOf('0123456789abcdef.1')}`, 400, 'invalid-cursor'],
    ['a cursor with a sign', `cursor=${cursorOf('0123456789abcdef.-1')}`, 400, 'invalid-cursor'],
    ['a page too large', 'limit=101', 422, 'validation-failed'],
    ['a time that is none', 'since=yesterday', 422, 'validation-failed'],
    ['another tenant', 'tenant=south', 400, 'unknown-parameter'],
  ])('refuse %s', async (_what, query, status, code) => {
    expect(await get(`/v1/audit/events?${query}`)).toMatchObject({ status, body: { code } });
  });

  it.each(['events', 'checkpoint'])('refuse %s without proof, and to whoever has every other scope', async (what) => {
    const anonymous = await api.call('GET', `/v1/audit/${what}`, { headers: { authorization: undefined } });
    expect(anonymous.status).toBe(401);
    expect(await get(`/v1/audit/${what}`, { scopes: EVERYDAY })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
  });

  it('give a signed checkpoint that grows, and are written down themselves', async () => {
    const read = async () =>
      (await get('/v1/audit/checkpoint')).body as Record<'checkpoint' | 'key' | 'origin', string>;
    const first = await read();
    const checkpoint = openCheckpoint(first.checkpoint, [noteVerifier(first.key)]);
    expect(checkpoint.origin).toMatch(/^gatehouse\/api\/[0-9a-f]{16}$/);
    expect(() => openCheckpoint(first.checkpoint.replace(/\n\d+\n/, '\n9\n'), [noteVerifier(first.key)])).toThrow(
      /not signed/,
    );
    const { items } = await pageOf('operation=audit.checkpoint');
    expect(items.at(-1)).toMatchObject({ status_code: 'ok', http_request: { url: { path: '/v1/audit/checkpoint' } } });
    const second = openCheckpoint((await read()).checkpoint, [noteVerifier(first.key)]);
    expect(second.origin).toBe(checkpoint.origin);
    expect(second.size).toBeGreaterThanOrEqual(checkpoint.size);
  });
});

function cursorOf(text: string): string {
  return Buffer.from(text).toString('base64url');
}
