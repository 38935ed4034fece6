import { randomUUID } from 'node:crypto';
import type { TestService } from '@gatehouse/service/testing';
import { ledger, start } from './start.ts';

describe('transfers', () => {
  let api: TestService;
  let words: ReturnType<typeof ledger>;
  beforeAll(async () => {
    api = await start();
    words = ledger(api);
  });
  afterAll(() => api.close());

  it('moves money: both sides, and a list that shows it', async () => {
    const [from, to] = [await words.funded(500), await words.account()];
    const answer = await words.transfer({ from, to, amount: 120, currency: 'EUR', reference: 'rent' });
    expect(answer).toMatchObject({ status: 201, body: { from, to, amount: 120, currency: 'EUR', reference: 'rent' } });
    expect(await words.balance(from)).toBe(380);
    expect(await words.balance(to)).toBe(120);
    const { body } = await api.call('GET', `/v1/transfers?account=${to}`);
    expect(body).toEqual({ items: [answer.body], next: null });
  });

  it('lists newest first, in pages that together hold each once', async () => {
    const [from, to] = [await words.funded(100), await words.account()];
    for (const amount of [1, 2, 3, 4, 5]) await words.transfer({ from, to, amount, currency: 'EUR' });
    const seen: number[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { body } = await api.call('GET', `/v1/transfers?account=${to}&limit=2${next && `&cursor=${next}`}`);
      seen.push(...(body.items as { amount: number }[]).map(({ amount }) => amount));
      next = body.next as string | null;
    }
    expect(seen).toEqual([5, 4, 3, 2, 1]);
  });

  it('refuses more than there is, unless the account may be overdrawn', async () => {
    const [poor, rich] = [await words.account(), await words.account(50)];
    expect(await words.transfer({ from: poor, to: rich, amount: 1, currency: 'EUR' })).toMatchObject({
      status: 422,
      body: { code: 'insufficient-funds' },
    });
    expect((await words.transfer({ from: rich, to: poor, amount: 50, currency: 'EUR' })).status).toBe(201);
    expect((await words.transfer({ from: rich, to: poor, amount: 1, currency: 'EUR' })).status).toBe(422);
    expect(await words.balance(rich)).toBe(-50);
  });

  const id = '00000000-0000-4000-8000-000000000000';
  it.each([
    ['a negative amount', { amount: -5 }, 'validation-failed'],
    ['a zero amount', { amount: 0 }, 'validation-failed'],
    ['a fractional amount', { amount: 0.1 }, 'validation-failed'],
    ['a huge amount', { amount: 1e300 }, 'validation-failed'],
    ['an amount beyond 2^53', { amount: 2 ** 53 }, 'validation-failed'],
    ['an amount in text', { amount: '5' }, 'validation-failed'],
    ['an unknown currency', { currency: 'BTC' }, 'validation-failed'],
    ['an unknown field', { fee: 0 }, 'validation-failed'],
    ['another currency than the accounts have', { currency: 'USD' }, 'currency-mismatch'],
    ['an unknown account', { to: id }, 'unknown-account'],
    ['an account that is no id', { to: '1; drop table accounts' }, 'validation-failed'],
  ])('refuses %s and moves nothing', async (_what, change, code) => {
    const [from, to] = [await words.funded(500), await words.account()];
    const answer = await words.transfer({ from, to, amount: 5, currency: 'EUR', ...change });
    expect(answer).toMatchObject({ status: 422, body: { code } });
    expect([await words.balance(from), await words.balance(to)]).toEqual([500, 0]);
  });

  it('refuses a transfer from an account to itself', async () => {
    const from = await words.funded(500);
    const answer = await words.transfer({ from, to: from, amount: 5, currency: 'EUR' });
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation-failed' } });
  });

  describe('Idempotency-Key', () => {
    const request = async () => ({
      from: await words.funded(500),
      to: await words.account(),
      amount: 100,
      currency: 'EUR',
    });

    it.each([undefined, '', 'with space', 'é', 'x'.repeat(256)])('refuses %s', async (key) => {
      const headers = { 'idempotency-key': key === 'é' ? Buffer.from('é').toString('latin1') : key };
      expect(await api.call('POST', '/v1/transfers', { headers, body: await request() })).toMatchObject({
        status: 400,
        body: { code: 'idempotency-key-missing' },
      });
    });

    it('gives the first answer again, and moves the money once', async () => {
      const [body, key] = [await request(), randomUUID()];
      const first = await words.transfer(body, key);
      const again = await words.transfer(body, key);
      expect(again).toMatchObject({ status: 201, body: first.body });
      expect(first.headers['idempotency-replayed']).toBeUndefined();
      expect(again.headers['idempotency-replayed']).toBe('true');
      expect(await words.balance(body.to)).toBe(100);
    });

    it('gives a refusal again, also when it would be allowed by now', async () => {
      const [body, key] = [{ ...(await request()), amount: 600 }, randomUUID()];
      expect((await words.transfer(body, key)).body.code).toBe('insufficient-funds');
      const bank = await words.account(1000);
      await words.transfer({ from: bank, to: body.from, amount: 1000, currency: 'EUR' });
      expect((await words.transfer(body, key)).body.code).toBe('insufficient-funds');
      expect((await words.transfer(body)).status).toBe(201);
    });

    it('refuses the same key with another body', async () => {
      const [body, key] = [await request(), randomUUID()];
      await words.transfer(body, key);
      expect(await words.transfer({ ...body, amount: 101 }, key)).toMatchObject({
        status: 422,
        body: { code: 'idempotency-key-reused' },
      });
      expect(await words.balance(body.to)).toBe(100);
    });

    it('moves the money once for twenty that come together', async () => {
      const [body, key] = [await request(), randomUUID()];
      const answers = await Promise.all(Array.from({ length: 20 }, () => words.transfer(body, key)));
      expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
      expect(answers[0]?.status).toBe(201);
      expect(await words.balance(body.to)).toBe(100);
    });
  });

  it('keeps the sum, and never overdraws, under fifty writers', async () => {
    const bank = await words.account(10_000);
    const accounts = await Promise.all(Array.from({ length: 4 }, () => words.account()));
    for (const to of accounts) await words.transfer({ from: bank, to, amount: 100, currency: 'EUR' });
    const all = [bank, ...accounts];
    /** As a careful caller: a 503 is asked again with the same key, so that nothing can happen twice. */
    const answered = async (body: object): Promise<number> => {
      const key = randomUUID();
      for (let left = 20; ; left--) {
        const { status } = await words.transfer(body, key);
        if (status !== 503 || left === 0) return status;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    };
    const writer = async (number: number) => {
      const statuses: number[] = [];
      for (let round = 0; round < 4; round++) {
        const from = accounts[(number + round) % 4];
        const to = accounts[(number * 3 + round + 1) % 4];
        if (from === to) continue;
        statuses.push(await answered({ from, to, amount: 1 + ((number * 7) % 60), currency: 'EUR' }));
      }
      return statuses;
    };
    const statuses = (await Promise.all(Array.from({ length: 50 }, (_, number) => writer(number)))).flat();
    expect(statuses).toContain(201);
    expect(statuses.filter((status) => status !== 201 && status !== 422)).toEqual([]);
    const balances = await Promise.all(all.map(words.balance));
    expect(balances.reduce((sum, value) => sum + value, 0)).toBe(0);
    expect(Math.min(...balances.slice(1))).toBeGreaterThanOrEqual(0);
  }, 60_000);
});
