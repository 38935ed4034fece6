// What an event says: OCSF 1.5, the classes API Activity (6003), Authentication (3002), Network Activity (4001) and Application
// Lifecycle (6002), each with no more than the attributes named here. schema/event.v1.json is made from this and a test holds them
// together. Bodies, headers, queries and credentials have no attribute, so they cannot get in.
import { z } from 'zod';

/** Grows when an attribute changes its meaning or goes. */
export const EVENT_SCHEMA_VERSION = 1;
export const OCSF_VERSION = '1.5.0';

/** How an identifier of a person stands in an event: `hmac:<key>:<value>`, see keyed.identifier.ts. */
const keyed = z.string().regex(/^hmac:[0-9a-f]{8}:[A-Za-z0-9_-]{22}$/);
const text = z.string().max(512);
const value = z.union([text, z.number(), z.boolean(), z.null()]);

const metadata = z.strictObject({
  correlation_uid: text.optional().meta({ description: 'Trace id (W3C Trace Context).' }),
  log_version: z.literal(String(EVENT_SCHEMA_VERSION)),
  product: z.strictObject({ name: z.literal('gatehouse'), vendor_name: z.literal('gatehouse') }),
  sequence: z.int().min(0).meta({ description: 'Number of the record in its journal: no gap, no repetition.' }),
  uid: text.meta({ description: 'Id of the event.' }),
  version: z.literal(OCSF_VERSION),
});

const actor = z.strictObject({
  user: z.strictObject({
    org: z.strictObject({ uid: text }).optional().meta({ description: 'The tenant.' }),
    type_id: z.union([z.literal(0), z.literal(1), z.literal(3)]).meta({ description: '0 unknown, 1 user, 3 system.' }),
    uid: z.union([keyed, z.literal('anonymous')]),
  }),
});

const src_endpoint = z.strictObject({ ip: z.union([z.ipv4(), z.ipv6(), keyed, z.literal('unknown')]) });
const own = {
  replica: text.meta({ description: 'Id of the journal: one a process.' }),
  service: text,
};

const common = {
  metadata,
  severity_id: z.int().min(1).max(5),
  status_code: text.meta({ description: 'Why: a code of the catalogue of problems, or "ok".' }),
  status_id: z.union([z.literal(0), z.literal(1), z.literal(2)]).meta({
    description: '0 not known yet (an intent), 1 success, 2 failure.',
  }),
  time: z.int().meta({ description: 'UTC, milliseconds since 1970.' }),
};

const request = {
  actor,
  duration: z.int().min(0).optional().meta({ description: 'Milliseconds.' }),
  http_request: z.strictObject({
    http_method: text,
    url: z.strictObject({ path: text.meta({ description: 'Template of the route; never the URL.' }) }),
  }),
  src_endpoint,
};

export const apiActivity = z.strictObject({
  ...common,
  ...request,
  activity_id: z.int().meta({ description: '1 create, 2 read, 3 update, 4 delete, 99 other.' }),
  api: z.strictObject({
    operation: text,
    request: z.strictObject({ uid: text.meta({ description: 'The requestId that answer and log have.' }) }),
    response: z.strictObject({ code: z.int() }).optional(),
    service: z.strictObject({ name: text }),
  }),
  category_uid: z.literal(6),
  class_uid: z.literal(6003),
  resources: z.array(z.strictObject({ type: text, uid: text })).optional(),
  type_uid: z.int().min(600_300).max(600_399),
  unmapped: z.strictObject({
    fields: z.record(text, value).optional().meta({ description: 'What @AuditFields let through.' }),
    phase: z.enum(['intent', 'outcome', 'aborted']),
    proof: text.optional().meta({ description: 'Kind of credential.' }),
    ...own,
  }),
});

export const authentication = z.strictObject({
  ...common,
  ...request,
  activity_id: z.literal(1),
  category_uid: z.literal(3),
  class_uid: z.literal(3002),
  type_uid: z.literal(300_201),
  unmapped: z.strictObject({ code: z.int(), operation: text, phase: z.literal('outcome'), request: text, ...own }),
  user: actor.shape.user,
});

export const networkActivity = z.strictObject({
  ...common,
  activity_id: z.union([z.literal(4), z.literal(5)]).meta({ description: '4 fail (TLS), 5 refuse.' }),
  category_uid: z.literal(4),
  class_uid: z.literal(4001),
  src_endpoint,
  type_uid: z.union([z.literal(400_104), z.literal(400_105)]),
  unmapped: z.strictObject({ detail: text.optional(), ...own }),
});

export const lifecycle = z.strictObject({
  ...common,
  activity_id: z.union([z.literal(3), z.literal(4), z.literal(99)]).meta({ description: '3 start, 4 stop, 99 other.' }),
  app: z.strictObject({ name: text }),
  category_uid: z.literal(6),
  class_uid: z.literal(6002),
  type_uid: z.union([z.literal(600_203), z.literal(600_204), z.literal(600_299)]),
  unmapped: z.strictObject({ fields: z.record(text, value).optional(), ...own }),
});

/** Any event. */
export const auditEventSchema = z.discriminatedUnion('class_uid', [
  apiActivity,
  authentication,
  networkActivity,
  lifecycle,
]);

/** Those that somebody caused who may have a tenant. */
export const callerEventSchema = z.discriminatedUnion('class_uid', [apiActivity, authentication]);

/** Any event, as it stands in the journal. */
export type AuditEvent = z.infer<typeof auditEventSchema>;
