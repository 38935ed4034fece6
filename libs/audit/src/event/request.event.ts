// One event for a request, written straight as canonical text: what does not change on a route is made once, which is what makes the
// read path cheap. A test holds the text equal to canonicalJson of the same event.
import { canonicalJson, wellFormed } from './canonical.json.ts';
import { EVENT_SCHEMA_VERSION, OCSF_VERSION } from './audit.event.ts';

/** A route as its events name it. */
export interface AuditedRoute {
  readonly service: string;
  /** Id of the journal. */
  readonly replica: string;
  readonly method: string;
  /** Template of the path, or `(unmatched)`. */
  readonly path: string;
  /** `transfer.create`, or method and template where nobody named it. */
  readonly operation: string;
}

/** A thing that a call is about. */
export interface AuditedObject {
  readonly type: string;
  readonly uid: string;
}

/** Values that `@AuditFields` let through. */
export type AuditedFields = Readonly<Record<string, string | number | boolean | null>>;

/** What is known of one call. Identifiers of persons are keyed before they come here. */
export interface AuditedCall {
  readonly requestId: string;
  readonly traceId?: string;
  readonly address: string;
  readonly user?: {
    readonly uid: string;
    readonly tenant?: string;
    readonly proof?: string;
    readonly system?: boolean;
  };
  readonly objects?: readonly AuditedObject[];
  readonly fields?: AuditedFields;
}

/** How it ended. */
export interface AuditedOutcome {
  readonly status: number;
  /** `ok`, or the code of the problem. */
  readonly reason: string;
  readonly durationMs: number;
  readonly aborted?: boolean;
}

const ACTIVITY: Record<string, number> = { POST: 1, GET: 2, HEAD: 2, PUT: 3, PATCH: 3, DELETE: 4 };
const METADATA = `,"log_version":"${EVENT_SCHEMA_VERSION}","product":{"name":"gatehouse","vendor_name":"gatehouse"},"sequence":`;
const ANONYMOUS = '{"user":{"type_id":0,"uid":"anonymous"}}';

/** Writes the events of one route. */
export class RequestEvents {
  private readonly head: string;
  private readonly operation: string;
  private readonly service: string;
  private readonly request: string;
  private readonly type: string;
  private readonly own: string;

  constructor(private readonly route: AuditedRoute) {
    const activity = ACTIVITY[route.method] ?? 99;
    this.head = `{"activity_id":${activity},"actor":`;
    this.operation = `,"api":{"operation":${quoted(route.operation)},"request":{"uid":`;
    this.service = `,"service":{"name":${quoted(route.service)}}},"category_uid":6,"class_uid":6003`;
    this.request = `,"http_request":{"http_method":${quoted(route.method)},"url":{"path":${quoted(route.path)}}},"metadata":{`;
    this.type = `,"type_uid":${600_300 + activity},"unmapped":{`;
    this.own = `"replica":${quoted(route.replica)},"service":${quoted(route.service)}}}`;
  }

  /** Before a mutation happens. Its id is that of the outcome with `.intent` behind it. */
  intent(call: AuditedCall, sequence: number, time: number): string {
    return this.write(call, sequence, time, undefined);
  }

  outcome(call: AuditedCall, outcome: AuditedOutcome, sequence: number, time: number): string {
    if (outcome.status === 401) return this.authentication(call, outcome, sequence, time);
    return this.write(call, sequence, time, outcome);
  }

  private write(call: AuditedCall, sequence: number, time: number, outcome: AuditedOutcome | undefined): string {
    const { user, objects, fields } = call;
    const id = quoted(call.requestId);
    const uid = outcome ? id : `${id.slice(0, -1)}.intent"`;
    const trace = call.traceId === undefined ? '' : `"correlation_uid":${quoted(call.traceId)},`;
    const metadata = METADATA + sequence + ',"uid":' + uid + `,"version":"${OCSF_VERSION}"}`;
    const failed = outcome !== undefined && (outcome.status >= 400 || outcome.aborted === true);
    return (
      this.head +
      (user ? actor(user) : ANONYMOUS) +
      this.operation +
      id +
      (outcome && outcome.status > 0 ? `},"response":{"code":${outcome.status}}` : '}') +
      this.service +
      (outcome ? `,"duration":${Math.max(0, Math.round(outcome.durationMs))}` : '') +
      this.request +
      (trace === '' ? metadata.slice(1) : trace + metadata.slice(1)) +
      (objects && objects.length > 0 ? `,"resources":${canonicalJson(objects)}` : '') +
      (failed ? ',"severity_id":2' : ',"severity_id":1') +
      `,"src_endpoint":{"ip":${quoted(call.address)}},"status_code":${quoted(outcome?.reason ?? 'intent')}` +
      `,"status_id":${outcome ? (failed ? 2 : 1) : 0},"time":${time}` +
      this.type +
      (fields ? `"fields":${canonicalJson(fields)},` : '') +
      (outcome ? (outcome.aborted ? '"phase":"aborted",' : '"phase":"outcome",') : '"phase":"intent",') +
      (user?.proof === undefined ? '' : `"proof":${quoted(user.proof)},`) +
      this.own
    );
  }

  /** A refused credential is an event of its own class, so that who watches log-ons sees it. */
  private authentication(call: AuditedCall, outcome: AuditedOutcome, sequence: number, time: number): string {
    const { service, replica, method, path, operation } = this.route;
    const user = JSON.parse(call.user ? actor(call.user) : ANONYMOUS) as { user: unknown };
    return canonicalJson({
      ...{ activity_id: 1, actor: user, category_uid: 3, class_uid: 3002, type_uid: 300_201, user: user.user },
      duration: Math.max(0, Math.round(outcome.durationMs)),
      http_request: { http_method: method, url: { path } },
      metadata: eventMetadata(call.requestId, sequence, call.traceId),
      severity_id: 2,
      src_endpoint: { ip: call.address },
      status_code: outcome.reason,
      status_id: 2,
      time,
      unmapped: { code: outcome.status, operation, phase: 'outcome', replica, request: call.requestId, service },
    });
  }
}

/** `metadata` of an event that is not written by hand. */
export function eventMetadata(uid: string, sequence: number, traceId?: string): object {
  return {
    correlation_uid: traceId,
    log_version: String(EVENT_SCHEMA_VERSION),
    product: { name: 'gatehouse', vendor_name: 'gatehouse' },
    sequence,
    uid,
    version: OCSF_VERSION,
  };
}

function actor({ uid, tenant, system }: NonNullable<AuditedCall['user']>): string {
  const org = tenant === undefined ? '' : `"org":{"uid":${quoted(tenant)}},`;
  return `{"user":{${org}"type_id":${system ? 3 : 1},"uid":${quoted(uid)}}}`;
}

const PLAIN = /^[\w .:/()-]{0,200}$/;

/** Most values need no escape, and to find that out is cheaper than to escape them. */
const quoted = (text: string): string =>
  PLAIN.test(text) ? `"${text}"` : JSON.stringify(wellFormed(text).slice(0, 512).toWellFormed());
