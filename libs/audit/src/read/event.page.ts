// A page of events for whoever may not have the journal itself. What one page may read is bounded: a filter that nothing matches must not
// keep a journal of gigabytes busy, so a page can be short, and its `next` says where to go on.
import type { AuditEvent } from '../event/audit.event.ts';
import { type EventFilter, matches } from './event.query.ts';
import { isCheckpoint, readRecords } from './record.reader.ts';

/** Where a page begins and ends. */
export interface PageRange {
  /** Number of the first record that is looked at. */
  readonly from: number;
  /** Number behind the last one; what is written while the page is read is for the next. */
  readonly to: number;
  readonly limit: number;
}

const MAX_RECORDS = 50_000;
const MAX_MS = 1_000;

/** @returns `next`: where the next page begins; undefined at the end */
export async function readEventPage(
  folder: string,
  filter: EventFilter,
  { from, to, limit }: PageRange,
): Promise<{ items: AuditEvent[]; next?: number }> {
  const until = performance.now() + MAX_MS;
  const items: AuditEvent[] = [];
  // most events of another tenant go by without being parsed
  const mark = filter.tenant === undefined ? '' : `"org":{"uid":${JSON.stringify(filter.tenant)}}`;
  for await (const { sequence, json } of readRecords(folder, from)) {
    if (sequence >= to) break;
    if (items.length >= limit || sequence - from >= MAX_RECORDS || performance.now() > until)
      return { items, next: sequence };
    if (isCheckpoint(json) || !json.includes(mark)) continue;
    const event = JSON.parse(json) as AuditEvent;
    if (matches(event, filter)) items.push(event);
  }
  return { items };
}
