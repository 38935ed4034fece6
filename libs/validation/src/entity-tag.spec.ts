import { created, expectedVersion, stale, tagged } from './entity-tag.ts';

const reply = () => {
  const headers: Record<string, string> = {};
  return { headers, header: (name: string, value: string) => (headers[name] = value) };
};

it('tags an answer with its version', () => {
  const { headers, header } = reply();
  expect(tagged({ header }, { version: 7, name: 'x' })).toEqual({ version: 7, name: 'x' });
  expect(headers).toEqual({ etag: '"7"' });
});

it('says where a new one is', () => {
  const { headers, header } = reply();
  created({ header }, '/v1/orders', { id: 'a', version: 1 });
  expect(headers).toEqual({ etag: '"1"', location: '/v1/orders/a' });
});

it('reads the version that If-Match names, and takes no other tag for one', () => {
  expect(expectedVersion('"12"')).toBe(12);
  for (const other of ['*', 'W/"12"', '12', '"x"', '"1", "2"', '"99999999999"']) expect(expectedVersion(other)).toBe(0);
});

it('refuses a write without If-Match by 428', () => {
  for (const none of [undefined, '']) {
    expect(() => expectedVersion(none)).toThrow(expect.objectContaining({ code: 'precondition-required' }));
  }
});

it('tells a write that came too late from one to what is not there', async () => {
  await expect(stale(Promise.resolve({ version: 2 }))).rejects.toMatchObject({ code: 'precondition-failed' });
  await expect(stale(Promise.reject(new Error('none')))).rejects.toThrow('none');
});
