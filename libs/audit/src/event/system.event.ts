// Events that no request caused: the journal's own life, and connections that never became a request.
import { canonicalJson } from './canonical.json.ts';
import type { AuditedFields } from './request.event.ts';
import { eventMetadata } from './request.event.ts';

/** Whose event it is. */
export interface EventOwner {
  readonly service: string;
  readonly replica: string;
}

/** Why a connection was refused before there was a request. */
export interface RefusedConnection {
  readonly address: string;
  /** `tls-failed`, or a code of the catalogue such as `credential-exposed`. */
  readonly reason: string;
  /** The code of the TLS library. */
  readonly detail?: string;
  /** The id that the answer had, where there was one. */
  readonly requestId?: string;
}

const LIFECYCLE = { started: 3, stopped: 4, other: 99 } as const;

/** Start, stop, and what happened to the journal (`reason`). */
export function lifecycleEvent(
  { service, replica }: EventOwner,
  activity: keyof typeof LIFECYCLE,
  reason: string,
  fields: AuditedFields | undefined,
  sequence: number,
  time: number,
): string {
  return canonicalJson({
    activity_id: LIFECYCLE[activity],
    app: { name: service },
    category_uid: 6,
    class_uid: 6002,
    metadata: eventMetadata(`${replica}.${sequence}`, sequence),
    severity_id: activity === 'other' ? 3 : 1,
    status_code: reason,
    status_id: 1,
    time,
    type_uid: 600_200 + LIFECYCLE[activity],
    unmapped: { fields, replica, service },
  });
}

/** A handshake that failed, or a credential that came over plain HTTP. */
export function refusedConnectionEvent(
  { service, replica }: EventOwner,
  { address, reason, detail, requestId }: RefusedConnection,
  sequence: number,
  time: number,
): string {
  const activity = reason === 'tls-failed' ? 4 : 5;
  return canonicalJson({
    activity_id: activity,
    category_uid: 4,
    class_uid: 4001,
    metadata: eventMetadata(requestId ?? `${replica}.${sequence}`, sequence),
    severity_id: reason === 'credential-exposed' ? 4 : 2,
    src_endpoint: { ip: address },
    status_code: reason,
    status_id: 2,
    time,
    type_uid: 400_100 + activity,
    unmapped: { detail, replica, service },
  });
}
