// Pages by cursor: each row once, whatever is written meanwhile. The cursor is opaque to callers: it may change its content.
import { ProblemError } from '@gatehouse/problem-details';
import { queryInteger } from '@gatehouse/validation';
import { z } from 'zod';

/** `?limit=&cursor=` */
export const pageQuery = z.strictObject({
  limit: queryInteger(1, 100).default(20),
  cursor: z.string().max(64).optional().meta({ description: '"next" of the page before' }),
});

/** Rows of one page, and the cursor of the next. */
export const pageOf = <View extends z.ZodType>(view: View) =>
  z.strictObject({ items: z.array(view), next: z.string().nullable() });

/** @throws ProblemError `invalid-cursor` (400) */
export function readCursor(cursor: string): number {
  const seq = Number(/^s(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1]);
  if (!Number.isSafeInteger(seq) || writeCursor(seq) !== cursor) throw new ProblemError('invalid-cursor');
  return seq;
}

/** Cuts `limit` rows off `limit + 1` that were asked for. */
export function cut<Row extends { seq: number }, Item>(rows: Row[], limit: number, view: (row: Row) => Item) {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: rows.slice(0, limit).map(view), next: last ? writeCursor(last.seq) : null };
}

const writeCursor = (seq: number): string => Buffer.from(`s${seq}`, 'latin1').toString('base64url');
