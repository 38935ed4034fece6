import { GenerationsMap } from './generations.map.ts';

describe('GenerationsMap', () => {
  it('never holds more than it may, and keeps what is used', () => {
    const map = new GenerationsMap<number>(100);
    map.set('used', 0);
    for (let index = 0; index < 10_000; index++) {
      map.set(`k${index}`, index);
      expect(map.get('used')).toBe(0);
    }
    expect(map.size).toBeLessThanOrEqual(100);
    expect(map.get('k0')).toBeUndefined();
    expect(map.get('k9999')).toBe(9_999);
  });

  it('keeps nothing where nothing may be kept', () => {
    const map = new GenerationsMap<number>(0);
    map.set('a', 1);
    expect(map.get('a')).toBeUndefined();
  });
});
