import { keptOf, summarise } from './statistics.ts';

describe('summarise', () => {
  it('takes the middle of an odd count and the mean of the two middles of an even one', () => {
    expect(summarise([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
    expect(summarise([1, 10, 2, 4]).median).toBe(3);
  });

  it.each([[[]], [[1, NaN]], [[Infinity]]])('refuses %j', (values) => {
    expect(() => summarise(values)).toThrow(RangeError);
  });

  it('is not moved by one disturbed round', () => {
    expect(summarise([20, 20, 20, 20, 900]).median).toBe(20);
  });
});

describe('keptOf', () => {
  it('compares round by round, so noise that hits both sides cancels', () => {
    expect(keptOf([20, 60, 20], [40, 120, 40])).toEqual({ median: 0.5, min: 0.5, max: 0.5 });
  });

  it('refuses rounds that do not pair up', () => {
    expect(() => keptOf([1, 2], [1])).toThrow(RangeError);
  });
});
