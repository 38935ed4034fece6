import type { TestService } from '@gatehouse/service/testing';
import { ledger, start } from './start.ts';

describe('accounts', () => {
  let api: TestService;
  beforeAll(async () => void (api = await start()));
  afterAll(() => api.close());

  const create = (body: object) => api.call('POST', '/v1/accounts', { body });
  const ada = { holder: 'Ada Lovelace', currency: 'EUR' };

  it('opens one with nothing on it and finds it again', async () => {
    const { status, headers, body } = await create(ada);
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      holder: 'Ada Lovelace',
      currency: 'EUR',
      balance: 0,
      overdraftLimit: 0,
      version: 1,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(headers.location).toBe(`/v1/accounts/${body.id}`);
    expect(await api.call('GET', headers.location as string)).toMatchObject({ status: 200, body });
  });

  it('lists pages that together hold each account once, also while others are opened', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, async () => (await create(ada)).body.id));
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { body } = await api.call('GET', `/v1/accounts?limit=2${next && `&cursor=${next}`}`);
      seen.push(...(body.items as { id: string }[]).map(({ id }) => id));
      next = body.next as string | null;
      if (seen.length === 4) await create(ada);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(made));
  });

  it('changes one by the ETag that it was read with, once', async () => {
    const { headers } = await create(ada);
    const at = headers.location as string;
    const change = (etag: string | undefined, body: object) =>
      api.call('PATCH', at, { headers: { 'if-match': etag }, body });
    const changed = await change(headers.etag, { holder: 'Ada King' });
    expect(changed).toMatchObject({ status: 200, body: { holder: 'Ada King', version: 2 } });
    expect(await change(headers.etag, { holder: 'lost' })).toMatchObject({
      status: 412,
      body: { code: 'precondition-failed' },
    });
    expect(await change(undefined, { holder: 'lost' })).toMatchObject({ status: 428 });
    expect(await change('W/"2"', { holder: 'lost' })).toMatchObject({ status: 412 });
    expect(await change(changed.headers.etag, {})).toMatchObject({ status: 422 });
    expect((await api.call('GET', at)).body.holder).toBe('Ada King');
  });

  it('does not lower an overdraft limit below the debt', async () => {
    const { account, transfer } = ledger(api);
    const [debtor, other] = [await account(100), await account()];
    await transfer({ from: debtor, to: other, amount: 80, currency: 'EUR' });
    const { headers } = await api.call('GET', `/v1/accounts/${debtor}`);
    const lower = await api.call('PATCH', `/v1/accounts/${debtor}`, {
      headers: { 'if-match': headers.etag },
      body: { overdraftLimit: 79 },
    });
    expect(lower).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });

  it.each([
    ['an unknown field', { ...ada, balance: 1_000_000 }],
    ['an unknown currency', { ...ada, currency: 'XXX' }],
    ['a currency in lower case', { ...ada, currency: 'eur' }],
    ['an empty holder', { ...ada, holder: '  ' }],
    ['a holder of 201 characters', { ...ada, holder: 'x'.repeat(201) }],
    ['a negative limit', { ...ada, overdraftLimit: -1 }],
    ['a fractional limit', { ...ada, overdraftLimit: 0.5 }],
    ['a huge limit', { ...ada, overdraftLimit: 1e300 }],
    ['a text for a number', { ...ada, overdraftLimit: '5' }],
    ['no currency', { holder: 'Ada' }],
  ])('refuses %s', async (_what, body) => {
    expect(await create(body)).toMatchObject({ status: 422, body: { code: 'validation-failed' } });
  });

  it.each(['%00', 'x', '', 's1', 'czE=', 'czAx', 'c'.repeat(60)])('refuses the cursor "%s"', async (cursor) => {
    expect(await api.call('GET', `/v1/accounts?cursor=${cursor}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid-cursor' },
    });
  });

  it('stores a holder with any characters, quotes and SQL included, as it is', async () => {
    const holder = `Rob'); drop table accounts;-- "\\ 😀 \u202e ${'é'.repeat(10)}`;
    const { body } = await create({ ...ada, holder });
    expect((await api.call('GET', `/v1/accounts/${body.id}`)).body.holder).toBe(holder);
  });

  it('refuses a holder with a NUL, which PostgreSQL cannot store', async () => {
    expect(await create({ ...ada, holder: 'a\u0000b' })).toMatchObject({ status: 422 });
  });

  it('knows nothing by an unknown id or by one that is none', async () => {
    for (const id of ['00000000-0000-4000-8000-000000000000', 'me', '1']) {
      expect(await api.call('GET', `/v1/accounts/${id}`)).toMatchObject({ status: 404, body: { code: 'not-found' } });
    }
  });
});
