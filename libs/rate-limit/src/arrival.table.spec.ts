import { ArrivalTable } from './arrival.table.ts';
import { KeyedHash } from './keyed.hash.ts';

const MIB = 1_048_576;

describe('ArrivalTable', () => {
  it('remembers a million callers in 24 MiB', () => {
    const table = new ArrivalTable(1_000_000);
    for (let index = 0; index < 1_000_000; index++) {
      table.read(1, `a:2001:db8:${index.toString(16)}::/64`);
      table.write(1_000 + index, 0);
    }
    let wrong = 0;
    for (let index = 0; index < 1_000_000; index++)
      if (table.read(1, `a:2001:db8:${index.toString(16)}::/64`) !== 1_000 + index) wrong += 1;
    expect(wrong).toBe(table.evicted);
    expect(table.evicted).toBeLessThan(100);
    expect(table.bytes / MIB).toBeLessThan(24);
  });

  it('forgets the caller that owes least, and counts it', () => {
    const table = new ArrivalTable(8); // two buckets of eight
    for (let index = 0; index < 16; index++) {
      table.read(1, `old ${index}`);
      table.write(1_000 + index, 0);
    }
    const before = table.evicted;
    table.read(1, 'attacker');
    table.write(1e9, 0);
    for (let index = 0; index < 10_000; index++) {
      table.read(1, `new ${index}`);
      table.write(2_000 + index, 0);
    }
    expect(table.read(1, 'attacker')).toBe(1e9);
    expect(table.evicted).toBeGreaterThan(before + 9_900);
  });

  it('takes the place of a caller that owes nothing any more without counting it', () => {
    const table = new ArrivalTable(8);
    for (let index = 0; index < 1_000; index++) {
      table.read(1, `caller ${index}`);
      table.write(index + 1, index + 1);
    }
    expect(table.evicted).toBe(0);
  });

  it('tells the same name under two limits apart', () => {
    const table = new ArrivalTable(100);
    table.read(1, 'a');
    table.write(5, 0);
    expect(table.read(2, 'a')).toBe(0);
    expect(table.read(1, 'a')).toBe(5);
  });
});

describe('KeyedHash', () => {
  it('hashes differently in each process, so that nobody can choose collisions', () => {
    const [one, two] = [new KeyedHash(), new KeyedHash()];
    one.of(1, '192.0.2.1');
    two.of(1, '192.0.2.1');
    expect([one.high, one.low]).not.toEqual([two.high, two.low]);
  });

  it('spreads texts that differ in one character, and text from its prefix', () => {
    const hash = new KeyedHash(new Uint32Array([1, 2]));
    const seen = new Set<string>();
    const texts = [
      '',
      'a',
      'b',
      'ab',
      'ba',
      'a\0',
      '\0a',
      ...Array.from({ length: 50_000 }, (_, index) => `10.0.${index}`),
    ];
    for (const text of texts) {
      hash.of(7, text);
      seen.add(`${hash.high} ${hash.low}`);
    }
    expect(seen.size).toBe(texts.length);
    const buckets = new Uint32Array(64);
    for (let index = 0; index < 64_000; index++) {
      hash.of(7, `a:${index}`);
      buckets[hash.low >>> 26] = (buckets[hash.low >>> 26] ?? 0) + 1;
    }
    expect(Math.min(...buckets)).toBeGreaterThan(800);
    expect(Math.max(...buckets)).toBeLessThan(1_200);
  });
});
