import { findTraces } from './traces.ts';

it('finds nothing of another test file of the same process', () => {
  expect(findTraces()).toEqual([]);
});
