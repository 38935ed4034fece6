import { z } from 'zod';
import { cutPage, pageOf, pageQuery } from './page.ts';

const rows = (count: number) => Array.from({ length: count }, () => ({ id: crypto.randomUUID() }));

it.each([
  [0, 2, false],
  [2, 2, false],
  [3, 2, true],
])('of %d rows with limit %d, says whether more come: %s', (count, limit, more) => {
  const all = rows(count);
  const page = cutPage(all, limit);
  expect(page).toEqual({ items: all.slice(0, limit), next: more ? all[limit - 1].id : null });
  expect(pageOf(z.strictObject({ id: z.uuid() })).parse(page)).toEqual(page);
});

it('fills in the limit', () => expect(pageQuery.parse({})).toEqual({ limit: 20 }));

it.each([
  { limit: '0' },
  { limit: '101' },
  { limit: '1.5' },
  { limit: 'x' },
  { limit: '0x10' },
  { limit: '1e1' },
  { limit: '+5' },
  { limit: ' 5' },
  { limit: '5.0' },
  { limit: '' },
  { cursor: "' or 1=1" },
  { offset: '1' },
])('refuses %j', (query) => expect(pageQuery.safeParse(query).success).toBe(false));
