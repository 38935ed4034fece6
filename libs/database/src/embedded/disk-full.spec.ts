import { DatabaseError } from '../database.error.ts';
import { isDiskFull } from './places.ts';

it('knows a full disk by the SQLSTATE, also as the cause of a migration that failed', () => {
  const full = Object.assign(new Error('could not extend file'), { code: '53100' });
  expect(isDiskFull(full)).toBe(true);
  expect(isDiskFull(new DatabaseError('migration 0001 failed', 'Correct it.', { cause: full }))).toBe(true);
  expect(isDiskFull(Object.assign(new Error('syntax error'), { code: '42601' }))).toBe(false);
});
