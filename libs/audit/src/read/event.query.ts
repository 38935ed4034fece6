// Events by what they say: for `gatehouse audit query`, and for the auditors' endpoint.
import type { AuditEvent } from '../event/audit.event.ts';
import { isCheckpoint, readRecords } from './record.reader.ts';

/** What an event must be like; what is left out does not matter. */
export interface EventFilter {
  /** Id of the event or of the request. */
  readonly id?: string;
  /** As in `api.operation`. */
  readonly operation?: string;
  /** As in `status_code`. */
  readonly reason?: string;
  /** The keyed identifier of who called. */
  readonly actor?: string;
  /** Id of an object that the event is about. */
  readonly object?: string;
  /** Of who called: events without a caller belong to no tenant. */
  readonly tenant?: string;
  /** UTC, milliseconds since 1970, from and before. */
  readonly since?: number;
  readonly until?: number;
}

/** Events from record `from` on, oldest first. */
export async function* queryEvents(folder: string, filter: EventFilter = {}, from = 0): AsyncGenerator<AuditEvent> {
  for await (const { json } of readRecords(folder, from)) {
    if (isCheckpoint(json)) continue;
    const event = JSON.parse(json) as AuditEvent;
    if (matches(event, filter)) yield event;
  }
}

/** Whether an event is one of those that are looked for. */
export function matches(
  event: AuditEvent,
  { id, operation, reason, actor, object, tenant, since, until }: EventFilter,
): boolean {
  if (since !== undefined && event.time < since) return false;
  if (until !== undefined && event.time >= until) return false;
  if (reason !== undefined && event.status_code !== reason) return false;
  if (tenant !== undefined && !('actor' in event && event.actor.user.org?.uid === tenant)) return false;
  const api = event.class_uid === 6003 ? event : undefined;
  if (id !== undefined && event.metadata.uid !== id && api?.api.request.uid !== id) return false;
  if (operation !== undefined && api?.api.operation !== operation) return false;
  if (object !== undefined && !api?.resources?.some(({ uid }) => uid === object)) return false;
  return actor === undefined || ('actor' in event && event.actor.user.uid === actor);
}
