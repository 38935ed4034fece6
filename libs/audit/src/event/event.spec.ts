import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { auditEventSchema } from './audit.event.ts';
import { canonicalJson } from './canonical.json.ts';
import { KeyedIdentifier } from './keyed.identifier.ts';
import { type AuditedCall, type AuditedOutcome, RequestEvents } from './request.event.ts';
import { lifecycleEvent, refusedConnectionEvent } from './system.event.ts';

const file = new URL('../../schema/event.v1.json', import.meta.url);
const render = (): string =>
  `${JSON.stringify({ $id: 'urn:gatehouse:audit:event:v1', title: 'Gatehouse audit event, version 1', ...z.toJSONSchema(auditEventSchema) }, undefined, 2)}\n`;

if (process.env.UPDATE_DOCS) writeFileSync(file, render());
const json = JSON.parse(readFileSync(file, 'utf8')) as object;
const valid = new Ajv2020({ strict: false, formats: { ipv4: true, ipv6: true } }).compile(json);

function check(text: string): Record<string, unknown> {
  const event = JSON.parse(text) as Record<string, unknown>;
  expect(canonicalJson(event)).toBe(text);
  expect(valid(event) ? [] : valid.errors).toEqual([]);
  return event;
}

const ids = new KeyedIdentifier(Buffer.alloc(32, 1));
const call: AuditedCall = { requestId: '6a7f6c1e-0000-4000-8000-000000000001', address: '127.0.0.1' };
const full: AuditedCall = {
  ...call,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  user: { uid: ids.of('ada'), tenant: 'acme', proof: 'token' },
  objects: [{ uid: 'b', type: 'account' }],
  fields: { currency: 'EUR', amount: 12, note: 'a "quoted"\nline' },
};
const ok: AuditedOutcome = { status: 200, reason: 'ok', durationMs: 1.6 };

describe('an event', () => {
  const owner = { service: 'api', replica: '00ff' };
  const events = (method: string, operation = `${method} /v1/things/:id`) =>
    new RequestEvents({ ...owner, method, path: '/v1/things/:id', operation });

  it('has the schema that the repository has', () => expect(json).toEqual(JSON.parse(render())));

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND'])(
    'of a %s is canonical and valid, with little and with all',
    (method) => {
      for (const each of [call, full]) {
        check(events(method).intent(each, 7, 1_700_000_000_000));
        check(events(method, 'thing "x".create').outcome(each, ok, 8, 1_700_000_000_001));
        check(events(method).outcome(each, { status: 0, reason: 'aborted', durationMs: 3, aborted: true }, 9, 1));
        for (const status of [400, 401, 403, 404, 422, 429, 500, 503])
          check(events(method).outcome(each, { status, reason: 'some-code', durationMs: 0 }, 10, 2));
      }
    },
  );

  it('says who, what, when, where and how it ended', () => {
    expect(
      check(events('POST', 'thing.create').outcome(full, { ...ok, status: 403, reason: 'forbidden' }, 5, 99)),
    ).toMatchObject({
      activity_id: 1,
      actor: { user: { uid: expect.stringMatching(/^hmac:/), org: { uid: 'acme' } } },
      api: { operation: 'thing.create', request: { uid: call.requestId }, response: { code: 403 } },
      metadata: { sequence: 5, uid: call.requestId, correlation_uid: full.traceId },
      resources: [{ type: 'account', uid: 'b' }],
      src_endpoint: { ip: '127.0.0.1' },
      status_code: 'forbidden',
      status_id: 2,
      time: 99,
      unmapped: { phase: 'outcome', proof: 'token', replica: '00ff', fields: full.fields },
    });
  });

  it('of a refused credential is an authentication', () => {
    const text = events('GET').outcome(call, { status: 401, reason: 'unauthenticated', durationMs: 1 }, 1, 2);
    expect(check(text)).toMatchObject({ class_uid: 3002, status_id: 2 });
  });

  it('of a connection or of the journal is valid', () => {
    check(refusedConnectionEvent(owner, { address: '::1', reason: 'tls-failed', detail: 'ERR_SSL' }, 1, 2));
    check(refusedConnectionEvent(owner, { address: 'unknown', reason: 'credential-exposed', requestId: 'x' }, 1, 2));
    for (const activity of ['started', 'stopped', 'other'] as const)
      check(lifecycleEvent(owner, activity, 'journal-opened', { bytes: 3 }, 1, 2));
  });

  it('takes a text that is no Unicode without being lost', () => {
    check(events('GET').outcome({ ...call, address: '::1', traceId: 'a\ud800b' }, ok, 1, 2));
  });
});

describe('a keyed identifier', () => {
  it('matches, tells keys apart, and does not hold the name', () => {
    const other = new KeyedIdentifier(Buffer.alloc(32, 2));
    expect(ids.of('ada')).toBe(ids.of('ada'));
    expect(ids.of('ada')).not.toBe(ids.of('bob'));
    expect(other.of('ada').slice(0, 13)).not.toBe(ids.of('ada').slice(0, 13));
    expect(ids.of('ada')).not.toContain('ada');
  });
});
