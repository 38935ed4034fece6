// Lists go out in pages of a bounded size (OWASP API4:2023), by key and not by offset: each row once, whatever is written meanwhile,
// and the last page costs what the first does.
import { z } from 'zod';

/** A whole number in a query, in decimal digits alone: `Number()` would also take `0x10`, `1e1` and blanks. */
export const queryInteger = (min: number, max: number) =>
  z.preprocess(
    (text) => (typeof text === 'string' && /^-?\d{1,15}$/.test(text) ? Number(text) : text),
    z.int().min(min).max(max),
  );

/** `?limit=&cursor=`: at most 100 items, 20 by default; the cursor is `next` of the page before. */
export const pageQuery = z.strictObject({
  limit: queryInteger(1, 100).default(20).meta({ description: 'Items of one page, at most' }),
  cursor: z.uuid().optional().meta({ description: '"next" of the page before' }),
});

/** A checked {@link pageQuery}. */
export type PageQuery = z.output<typeof pageQuery>;

/** The schema of one page: its items, and the cursor of the next page or null. */
export const pageOf = <View extends z.ZodType>(view: View) =>
  z.strictObject({ items: z.array(view), next: z.uuid().nullable() });

/**
 * Makes a page of rows in the order of their ids.
 * @param rows those after the cursor, `limit + 1` asked for: one more tells that there is a next page
 */
export function cutPage<Row extends { id: string }>(rows: readonly Row[], limit: number) {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
