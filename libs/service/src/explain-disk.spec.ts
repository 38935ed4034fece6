import { explainDisk } from './run-service.ts';

it.each([
  ['EROFS', 'is on a read-only disk'],
  ['ENOSPC', 'is on a disk that is full'],
  ['EACCES', 'may not be written to by this user'],
])('says of %s which folder, why, and the setting that moves it', (code, why) => {
  const error = explainDisk(Object.assign(new Error('no'), { code, path: '/state/api' }));
  expect(String(error)).toContain(`/state/api ${why}.`);
  expect(String(error)).toContain('GATEHOUSE_STATE');
});

it('leaves every other error as it is', () => {
  const error = new Error('no');
  expect(explainDisk(error)).toBe(error);
});
