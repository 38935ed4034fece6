// One event for each request that reached the HTTP layer, whatever became of it, written before its answer left.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { type AuditEvent, auditEventSchema, queryEvents, verifyJournal } from '@gatehouse/audit';
import { startForTest, type TestService } from '../src/testing/index.ts';
import { connectHeaders, FLAG, FRAME, frame, openRaw } from './fixtures/raw-http2.client.ts';
import { sample, SampleModule } from './fixtures/sample.app.ts';
import { until } from './fixtures/until.ts';

async function journalOf(service: TestService): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const event of queryEvents(join(service.stateFolder, 'sample', 'audit')))
    events.push(auditEventSchema.parse(event));
  return events;
}

const outcomes = (events: readonly AuditEvent[]): AuditEvent[] =>
  events.filter(
    (event) => event.class_uid !== 6002 && !(event.class_uid === 6003 && event.unmapped.phase === 'intent'),
  );

describe('the audit journal of a service', () => {
  let service: TestService;
  beforeAll(
    async () =>
      void (service = await startForTest(SampleModule, sample, {
        limits: { requestTimeoutMs: 1_000, headersTimeoutMs: 1_000 },
      })),
  );
  afterAll(() => service.close());

  /** The events that `act` causes. */
  async function during(act: () => Promise<unknown>, count = 1): Promise<AuditEvent[]> {
    const before = (await journalOf(service)).length;
    await act();
    await until(async () => outcomes((await journalOf(service)).slice(before)).length >= count);
    return (await journalOf(service)).slice(before);
  }
  const note = (body: unknown) => service.call('POST', '/v1/notes', { body });
  const raw = (bytes: string) => service.raw(bytes);

  it('has who, what, when, where and how it ended, and neither body nor query', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const events = await during(() => service.call('GET', '/v1/notes/7', { headers: { traceparent } }));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      class_uid: 6003,
      actor: { user: { uid: 'anonymous' } },
      api: { operation: 'GET /v1/notes/:id', response: { code: 200 } },
      http_request: { url: { path: '/v1/notes/:id' } },
      metadata: { correlation_uid: '0af7651916cd43dd8448eb211c80319c' },
      src_endpoint: { ip: '127.0.0.1' },
      status_code: 'ok',
    });
    expect(Math.abs(Number(events[0]?.time) - Date.now())).toBeLessThan(60_000);
  });

  it('has the intent of a mutation before its outcome, under the requestId of the answer', async () => {
    const canary = `canary-${Math.random()}`;
    let id: unknown;
    const events = await during(async () => (id = (await note({ text: canary })).headers['x-request-id']));
    expect(events.map(({ unmapped }) => 'phase' in unmapped && unmapped.phase)).toEqual(['intent', 'outcome']);
    expect(events.map(({ metadata }) => metadata.uid)).toEqual([`${id}.intent`, id]);
    expect(events[1]).toMatchObject({ api: { operation: 'note.create' }, resources: [{ type: 'note', uid: '1' }] });
    expect(JSON.stringify(events)).not.toContain(canary);
  });

  const refusals: [what: string, reason: string, act: () => Promise<unknown>][] = [
    ['a path that is no route', 'not-found', () => service.call('GET', '/nowhere?token=canary')],
    ['a method that the path does not have', 'method-not-allowed', () => service.call('PUT', '/v1/notes')],
    [
      'a malformed URL',
      'malformed-url',
      () => raw('GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    ],
    ['a URL that is too long', 'url-too-long', () => service.call('GET', `/v1/notes/${'9'.repeat(3_000)}`)],
    ['a query that is not declared', 'unknown-parameter', () => service.call('GET', '/v1/notes/7?x=1')],
    ['a parameter of another shape', 'not-found', () => service.call('GET', '/v1/notes/x')],
    ['a body that is no JSON', 'malformed-json', () => note('{')],
    [
      'a body of another type',
      'unsupported-media-type',
      () => service.call('POST', '/v1/notes', { headers: { 'content-type': 'text/plain' }, body: 'x' }),
    ],
    ['a body that is too large', 'body-too-large', () => note({ text: 'x'.repeat(70_000) })],
    ['a body with another field', 'validation-failed', () => note({ text: 'x', other: 1 })],
    ['a handler that fails', 'internal', () => service.call('GET', '/v1/notes/broken')],
    ['bytes that are no HTTP', 'malformed-http', () => raw('NONSENSE\r\n\r\nmore of it\r\n\r\n')],
    [
      'headers that are too large',
      'headers-too-large',
      () => raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`),
    ],
    ['headers that never end', 'request-timeout', () => raw('GET / HTTP/1.1\r\nHost: localhost\r\n')],
    [
      'a body that never ends',
      'request-timeout',
      () =>
        raw(
          'POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
        ),
    ],
    [
      'a credential over plain HTTP',
      'credential-exposed',
      () => plain('GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n'),
    ],
    [
      'the CONNECT of a proxy',
      'not-implemented',
      () => raw('CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n'),
    ],
    [
      'the same over HTTP/2',
      'not-implemented',
      () => frames(frame(FRAME.headers, FLAG.endHeaders, 1, connectHeaders('example.test:443'))),
    ],
    [
      'an HTTP/2 header block that is none',
      'malformed-http',
      () => frames(frame(FRAME.headers, FLAG.endHeaders, 1, Buffer.alloc(10, 0xff))),
    ],
    ['HTTP/2 data of a stream that is not open', 'malformed-http', () => frames(frame(FRAME.data, 0, 5))],
    ['a method that somebody has made up', 'not-found', madeUpMethod],
    ['a handshake without TLS', 'tls-failed', () => plain('GET / HTTP/1.1\r\n\r\n', service.urls.https)],
    ['a handshake with TLS 1.1', 'tls-failed', oldHandshake],
  ];

  it.each(refusals)('has exactly one event of %s: %s', async (_what, reason, act) => {
    const events = outcomes(await during(act));
    expect(events.map(({ status_code, status_id }) => [status_code, status_id])).toEqual([[reason, 2]]);
    expect(JSON.stringify(events)).not.toContain('canary');
  });

  it('has exactly one event each of many at once', async () => {
    const rounds = Number(process.env.GATEHOUSE_TEST_REFUSALS ?? 200);
    const gone = (): Promise<unknown> =>
      hangUp(
        'POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      );
    const quick: typeof refusals = [
      ...refusals.filter(([, reason]) => reason !== 'request-timeout'),
      ['a caller that hangs up', 'client-gone', gone],
    ];
    const expected = new Map<string, number>();
    const events = await during(async () => {
      for (let round = 0; round < rounds; round += 10) {
        const batch = Array.from(
          { length: 10 },
          (_, index) => quick[(round + index) % quick.length] as (typeof quick)[number],
        );
        for (const [, reason] of batch) expected.set(reason, (expected.get(reason) ?? 0) + 1);
        await Promise.all(batch.map(([, , act]) => act()));
      }
    }, rounds);
    const found = new Map<string, number>();
    for (const { status_code: reason } of outcomes(events)) found.set(reason, (found.get(reason) ?? 0) + 1);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  }, 120_000);

  it('has one event of a caller that hangs up while its answer is made, or while it still sends', async () => {
    const slow = outcomes(await during(() => hangUp('GET /v1/notes/slow HTTP/1.1\r\nHost: localhost\r\n\r\n')));
    expect(slow).toMatchObject([
      { api: { operation: 'GET /v1/notes/slow' }, unmapped: { phase: 'aborted' }, status_id: 2 },
    ]);
    const head =
      'POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
    const sending = outcomes(await during(() => hangUp(head)));
    expect(sending).toMatchObject([{ api: { operation: 'note.create' }, status_code: 'client-gone', status_id: 2 }]);
  });

  it('has one event of HTTP/2 headers that are too large, sent before the client could know how large they may be', async () => {
    let status: unknown;
    const events = await during(async () => {
      const session = connectHttp2(service.urls.https, { ca: service.ca });
      const stream = session.request({ ':path': '/v1/notes/1', 'x-large': 'x'.repeat(40_000) });
      stream.on('response', (headers) => (status = headers[':status']));
      await once(stream.resume(), 'close');
      session.close();
    });
    expect([status, outcomes(events).map(({ status_code: code }) => code)]).toEqual([431, ['headers-too-large']]);
  });

  it('has no id that ends a line, moves a cursor or turns a text around', async () => {
    const id = '\u001b[2J\r\n\u0085\u2028\u009b\u202e\0';
    const [, event] = await during(() => service.call('DELETE', `/v1/notes/${encodeURIComponent(id)}`));
    const uid = '\ufffd[2J\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd';
    expect(event).toMatchObject({ resources: [{ type: 'note', uid }] });
    const bytes = await readFile(join(service.stateFolder, 'sample', 'audit', '00000001.journal'), 'utf8');
    expect(bytes).not.toMatch(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  });

  it('is verified', async () => {
    expect((await verifyJournal(join(service.stateFolder, 'sample', 'audit'))).finding).toBeUndefined();
  });

  const hangUp = (bytes: string) => service.raw(bytes, (socket) => setTimeout(() => socket.destroy(), 200));

  function plain(bytes: string, url = service.urls.http): Promise<void> {
    return new Promise((resolve) => {
      const socket = connectPlain(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes));
      socket
        .on('close', () => resolve())
        .on('error', () => undefined)
        .resume();
    });
  }

  /** Frames over HTTP/2, until the service has ended the session or answered the stream. */
  async function frames(bytes: Buffer): Promise<void> {
    const socket = await openRaw(service.urls.https, service.ca as string);
    socket.resume().write(bytes);
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      setTimeout(() => socket.destroy(), 200);
    });
  }

  let madeUp = 0;
  async function madeUpMethod(): Promise<void> {
    const session = connectHttp2(service.urls.https, { ca: service.ca });
    const stream = session.request({ ':method': `BREW-${madeUp++}`, ':path': '/pot' });
    await once(stream.resume(), 'end');
    session.close();
  }

  function oldHandshake(): Promise<void> {
    const port = Number(new URL(service.urls.https).port);
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    return new Promise((resolve) =>
      connect({ host: '127.0.0.1', port, ca: service.ca, ...old })
        .on('error', () => undefined)
        .on('close', () => resolve()),
    );
  }
});
