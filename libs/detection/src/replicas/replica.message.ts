// What replicas tell each other. Read as strictly as anything from outside: whoever can write to the channel must not be able to do more
// than be believed.
import { z } from 'zod';

const text = z.string().max(512);
const number = z.number().min(0);

const request = z.strictObject({
  kind: z.literal('request'),
  at: number,
  address: text,
  method: text,
  route: text.optional(),
  path: text,
  status: z.int(),
  code: text.optional(),
  agent: text.optional(),
  requestId: text.optional(),
  principal: text.optional(),
  credential: text.optional(),
  admin: z.boolean().optional(),
  refused: z.strictObject({ account: text }).optional(),
});
const connection = z.strictObject({ kind: z.literal('connection-refused'), at: number, address: text, reason: text });
const exposure = z.strictObject({
  kind: z.literal('credential-exposed'),
  at: number,
  address: text,
  requestId: text.optional(),
});

/** Events in one message, at most. */
export const MAX_EVENTS = 200;
/** Blocked and slowed callers in one message, at most. */
export const MAX_RESPONSES = 500;

export const replicaMessageSchema = z.strictObject({
  from: text,
  /** Just began to listen: wants to know who is blocked. */
  hello: z.literal(true).optional(),
  events: z
    .array(z.discriminatedUnion('kind', [request, connection, exposure]))
    .max(MAX_EVENTS)
    .optional(),
  responses: z
    .array(z.strictObject({ kind: z.enum(['block', 'slow']), caller: text, until: number }))
    .max(MAX_RESPONSES)
    .optional(),
  incident: z.strictObject({ subject: text, id: z.uuid(), at: number }).optional(),
});

/** See the head of the file. */
export type ReplicaMessage = z.output<typeof replicaMessageSchema>;
/** What of an event is told. */
export type SharedEvent = NonNullable<ReplicaMessage['events']>[number];
