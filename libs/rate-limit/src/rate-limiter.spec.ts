import { createRateLimiter } from './rate-limiter.ts';

describe('createRateLimiter', () => {
  it('refuses several replicas with limits in memory in production, and names the setting', async () => {
    const made = createRateLimiter({ replicas: 3 }, { production: true });
    await expect(made).rejects.toThrow(/GATEHOUSE_VALKEY_URL/);
    const env = { GATEHOUSE_RATE_LIMIT_REPLICAS: '2' };
    await expect(createRateLimiter({}, { production: true, env })).rejects.toThrow(/GATEHOUSE_RATE_LIMIT_REPLICAS=1/);
  });

  it('names the variable that is malformed', async () => {
    const env = { GATEHOUSE_RATE_LIMIT_ADDRESS: 'many' };
    await expect(createRateLimiter({}, { env })).rejects.toThrow(/GATEHOUSE_RATE_LIMIT_ADDRESS=many/);
  });

  it('limits a caller by its plan', async () => {
    const limits = await createRateLimiter({ plans: { free: { limit: 60 } } });
    expect(limits.limitOf('free').limit).toBe(60);
    expect(limits.limitOf('gold').name).toBe('principal');
    expect(limits.limitOf(undefined).limit).toBe(6_000);
  });

  it('reports a full table once, and decides on', async () => {
    const events: string[] = [];
    const limits = await createRateLimiter({ maxKeys: 1_000 }, { onEvent: ({ type }) => events.push(type) });
    for (let index = 0; index < 20_000; index++)
      await limits.decide(`a:${index}`, [{ limit: limits.address, cost: 100 }]);
    expect(events).toEqual(['keys-evicted']);
    expect(limits.status().evicted).toBeGreaterThan(1_000);
  });
});

describe('a million distinct IPv6 networks', () => {
  it('take 24 MiB, 5 µs each at most, and never reset an attacker that goes on', async () => {
    const limits = await createRateLimiter({ address: { limit: 60, windowSeconds: 60, burst: 10 } });
    const charges = [{ limit: limits.address, cost: 1 }];
    const key = (index: number) =>
      `a:${limits.addressKey(`2001:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}:1::${index}`)}`;
    let passed = 0;
    const attack = async () => {
      if ((await limits.decide('a:attacker', charges)).allowed) passed += 1;
    };
    for (let index = 0; index < 20; index++) await attack();
    const first = performance.now();
    for (let index = 0; index < 1_000_000; index++) {
      limits.decide(key(index), charges);
      if (index % 1_000 === 0) await attack();
    }
    const ms = performance.now() - first;
    expect(passed).toBeLessThanOrEqual(10 + Math.ceil(ms / 1_000));
    expect(limits.status().tableBytes).toBeLessThanOrEqual(24 * 1_048_576);
    expect(ms / 1_000_000).toBeLessThan(0.02); // 20 µs where neighbours are busy; the bench says what it is
  });
});

describe('failed authentications', () => {
  it('stop ten thousand addresses that guess at one account, and let in the one it is used from', async () => {
    const limits = await createRateLimiter();
    const at = (address: string) => limits.failedAuthentication({ address, account: 'ada' });
    await at('192.0.2.7').succeeded();
    let looked = 0;
    for (let index = 0; index < 10_000; index++) {
      const attempt = at(`10.${index >> 8}.${index & 255}.1`);
      if (!(await attempt.check()).allowed) continue;
      looked += 1;
      await attempt.count();
    }
    expect(looked).toBeLessThanOrEqual(12);
    expect((await at('192.0.2.7').check()).allowed).toBe(true);
    expect((await at('192.0.2.8').check()).allowed).toBe(false);
    const other = limits.failedAuthentication({ address: '10.0.0.1', account: 'grace' });
    expect((await other.check()).allowed).toBe(true);
  });

  it('stop one address that guesses at many accounts', async () => {
    const limits = await createRateLimiter();
    let looked = 0;
    for (let index = 0; index < 1_000; index++) {
      const attempt = limits.failedAuthentication({ address: '192.0.2.9', account: `account ${index}` });
      if (!(await attempt.check()).allowed) continue;
      looked += 1;
      await attempt.count();
    }
    expect(looked).toBeLessThanOrEqual(52);
    expect((await limits.failedAuthentication({ address: '192.0.2.10' }).check()).allowed).toBe(true);
  });

  it('are not the requests of the address', async () => {
    const limits = await createRateLimiter();
    for (let index = 0; index < 100; index++) await limits.failedAuthentication({ address: '192.0.2.9' }).count();
    const verdict = await limits.decide(`a:${limits.addressKey('192.0.2.9')}`, [{ limit: limits.address, cost: 1 }]);
    expect(verdict.states[0]?.remaining).toBe(1_999);
  });
});
