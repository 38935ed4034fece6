import { makeLimit } from './limit.ts';
import { MemoryStore } from './memory.store.ts';

describe('MemoryStore', () => {
  let now = 1_000;
  const store = () => new MemoryStore(1_000, () => now);
  const hundred = makeLimit('hundred', { limit: 100, windowSeconds: 60, burst: 10 });
  const charges = [{ limit: hundred, cost: 1 }];

  it('lets the burst pass at once and then one an interval', () => {
    const limits = store();
    const pass = () => limits.decide('a', charges).allowed;
    expect(Array.from({ length: 12 }, pass).filter(Boolean)).toHaveLength(10);
    now += 599;
    expect(pass()).toBe(false);
    now += 1;
    expect([pass(), pass()]).toEqual([true, false]);
  });

  it('never lets more than limit and burst pass in any window, wherever it begins', () => {
    const limits = store();
    const passed: number[] = [];
    for (const end = now + 300_000; now < end; now += 7) if (limits.decide('b', charges).allowed) passed.push(now);
    const most = Math.max(...passed.map((start) => passed.filter((at) => at >= start && at < start + 60_000).length));
    expect(most).toBeLessThanOrEqual(110);
    expect(passed.length).toBeGreaterThanOrEqual(500);
    expect(passed.length).toBeLessThanOrEqual(510);
  });

  it('refuses a client that is 7 % too fast 7 % of its requests, and no more', () => {
    const limits = store();
    let refused = 0;
    for (let index = 0; index < 1_070; index++) {
      if (!limits.decide('c', charges).allowed) refused += 1;
      now += 600 / 1.07;
    }
    expect(refused).toBeGreaterThan(50);
    expect(refused).toBeLessThan(75);
  });

  it('always serves a client that keeps to the pace', () => {
    const limits = store();
    for (let index = 0; index < 1_000; index++) {
      expect(limits.decide('d', charges).allowed).toBe(true);
      now += 600;
    }
  });

  it('says how long to wait, so that whoever waits so long is served', () => {
    const limits = store();
    for (let index = 0; index < 10; index++) limits.decide('e', charges);
    const { retryAfterMs, refusedBy } = limits.decide('e', charges);
    expect(refusedBy?.name).toBe('hundred');
    now += retryAfterMs;
    expect(limits.decide('e', charges).allowed).toBe(true);
  });

  it('charges no limit when one of several refuses', () => {
    const limits = store();
    const narrow = makeLimit('narrow', { limit: 1, windowSeconds: 60 });
    const both = [
      { limit: hundred, cost: 1 },
      { limit: narrow, cost: 1 },
    ];
    expect(limits.decide('f', both).allowed).toBe(true);
    for (let index = 0; index < 50; index++) expect(limits.decide('f', both).refusedBy?.name).toBe('narrow');
    expect(limits.decide('f', charges).states[0]?.remaining).toBe(8);
  });

  it('takes a cost as so many requests', () => {
    const limits = store();
    expect(limits.decide('g', [{ limit: hundred, cost: 9 }]).states[0]?.remaining).toBe(1);
    expect(limits.decide('g', [{ limit: hundred, cost: 2 }]).allowed).toBe(false);
    expect(limits.decide('g', charges).allowed).toBe(true);
  });

  it('takes nothing when it is only asked', () => {
    const limits = store();
    for (let index = 0; index < 50; index++) expect(limits.peek('h', charges).allowed).toBe(true);
    expect(limits.decide('h', charges).states[0]?.remaining).toBe(9);
  });

  it.each([1, 3, 7, 11, 999, 1_000, 999_983])('serves a burst of %i to the last one', (limit) => {
    const limits = store();
    const all = [{ limit: makeLimit('all', { limit, windowSeconds: 60, burst: Math.min(limit, 2_000) }), cost: 1 }];
    const passed = Array.from({ length: 2_100 }, () => limits.decide('i', all).allowed).filter(Boolean);
    expect(passed).toHaveLength(Math.min(limit, 2_000));
  });
});

it('a replica alone enforces its share', () => {
  const { share } = makeLimit('shared', { limit: 100, windowSeconds: 60, burst: 10 }, 4);
  expect([share.burst, share.intervalMs]).toEqual([2, 2_400]);
});
