// What auditors read of the journal of this process: events of their own tenant alone, and the last signed state, to be kept elsewhere.
// Like every route it is written down itself.
import { Controller, Get, Inject, Query } from '@nestjs/common';
import {
  Audit,
  callerEventSchema,
  firstRecordSince,
  noteVerifier,
  openCheckpoint,
  readEventPage,
} from '@gatehouse/audit';
import type { Principal } from '@gatehouse/authn';
import { Caller, Scopes } from '@gatehouse/authz';
import { ProblemError } from '@gatehouse/problem-details';
import { Throttle } from '@gatehouse/rate-limit';
import { queryInteger, Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { AUDIT_SCOPE } from './audit.scope.ts';
import { ServiceAudit } from './open-audit.ts';

const text = z.string().min(1).max(200).optional();
const eventsQuery = z.strictObject({
  limit: queryInteger(1, 100).default(20).meta({ description: 'Events of one page, at most' }),
  cursor: z.string().max(64).optional().meta({ description: '"next" of the page before' }),
  request: text.meta({ description: 'requestId of an answer' }),
  operation: text.meta({ description: 'Such as transfer.create' }),
  reason: text.meta({ description: '"ok", "intent", or the code of a problem' }),
  actor: text.meta({ description: 'Keyed identifier, as an event has it' }),
  object: text.meta({ description: 'Id of an object that the event is about' }),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
});

const eventsPage = z.strictObject({
  items: z.array(callerEventSchema),
  next: z.string().nullable().meta({ description: 'Null at the end; a page before it may be short, or empty' }),
});

const checkpointView = z.strictObject({
  origin: z.string().meta({ description: 'Whose: gatehouse/<service>/<replica>' }),
  size: z.int().meta({ description: 'How many records it covers' }),
  root: z.string().meta({ description: 'Root of the Merkle tree over them, base64' }),
  checkpoint: z.string().meta({ description: 'The signed text (C2SP tlog-checkpoint), to be kept' }),
  key: z.string().meta({ description: 'What it is checked with; compare it with the one that you kept' }),
});

/** A scan costs more than most requests. */
const LIMIT = { default: { limit: 600, ttl: 60_000 } };

/** `GET /v1/audit/events` and `GET /v1/audit/checkpoint`. */
@Controller('v1/audit')
@Scopes(AUDIT_SCOPE)
@Throttle(LIMIT)
export class AuditController {
  constructor(@Inject(ServiceAudit) private readonly audit: ServiceAudit) {}

  /** Oldest first, of the caller's tenant. */
  @Get('events')
  @Audit('audit.query')
  @Returns(eventsPage, { problems: ['invalid-cursor'] })
  async events(@Caller() { tenant }: Principal, @Query({ schema: eventsQuery }) query: z.output<typeof eventsQuery>) {
    const { folder, writer, size } = this.audit.journal;
    const { limit, cursor, request: id, since, until, ...same } = query;
    const filter = { ...same, tenant, id, since: millis(since), until: millis(until) };
    const from = cursor === undefined ? await firstRecordSince(folder, filter.since) : readCursor(cursor, writer);
    const { items, next } = await readEventPage(folder, filter, { from, to: size, limit });
    return { items, next: next === undefined ? null : writeCursor(writer, next) };
  }

  /** The last signed state of this journal. */
  @Get('checkpoint')
  @Audit('audit.checkpoint')
  @Returns(checkpointView)
  checkpoint() {
    const { lastCheckpoint } = this.audit.journal;
    if (!lastCheckpoint) throw new ProblemError('dependency-unavailable', { headers: { 'retry-after': '5' } });
    const { note, key } = lastCheckpoint;
    const { origin, size, root } = openCheckpoint(note, [noteVerifier(key)]);
    return { origin, size, root: root.toString('base64'), checkpoint: note, key };
  }
}

const millis = (time: string | undefined) => (time === undefined ? undefined : Date.parse(time));

/** A replica has a journal of its own: a cursor of another one's means nothing here. */
const writeCursor = (writer: string, sequence: number): string =>
  Buffer.from(`${writer}.${sequence}`, 'latin1').toString('base64url');

/** @throws ProblemError `invalid-cursor` (400) */
function readCursor(cursor: string, writer: string): number {
  const [, of, digits] = /^([0-9a-f]{16})\.(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  const sequence = Number(digits);
  if (of !== writer || writeCursor(writer, sequence) !== cursor) throw new ProblemError('invalid-cursor');
  return sequence;
}
