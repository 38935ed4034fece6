// Traces are off unless asked for; where they are on, a span tells what a request was and nothing of who sent it, a collector that is
// gone or hangs costs no caller anything, and one id leads through answer, log, audit and trace.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AuditEvent, queryEvents } from '@gatehouse/audit';
import type { TracesOptions } from '@gatehouse/observability';
import { defineService, type ServiceOverrides } from '../src/index.ts';
import { startForTest, type TestService, writeBuiltInKeys } from '../src/testing/index.ts';
import { SampleModule } from './fixtures/sample.app.ts';
import { SpanReceiver } from './fixtures/span.receiver.ts';
import { until } from './fixtures/until.ts';

const CANARY = 'c4nary-7e1f';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const traceparent = `00-${TRACE}-${PARENT}-01`;

let folder: string;
let receiver: SpanReceiver;
let service: TestService | undefined;
const lines: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-traces-'));
  receiver = await SpanReceiver.start();
  await writeFile(join(folder, 'ca.pem'), receiver.ca);
});
afterAll(async () => {
  await receiver.close();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await service?.close();
  service = undefined;
  receiver.spans.length = 0;
});

const descriptorOf = (traces?: Partial<TracesOptions>) => {
  const own = { url: receiver.url, caFile: join(folder, 'ca.pem'), sampleRatio: 1, exportEveryMs: 50 };
  return defineService({
    root: import.meta.dirname,
    name: 'traced',
    ports: { https: 0, http: 0, management: 0 },
    audit: { enabled: true },
    traces: traces && { ...own, ...traces },
  });
};
const start = async (traces?: Partial<TracesOptions>, more?: ServiceOverrides): Promise<TestService> => {
  lines.length = 0;
  const descriptor = descriptorOf(traces);
  const logStream = { write: (line: string) => void lines.push(line) };
  return (service = await startForTest(SampleModule, descriptor, { logStream, logLevel: 'info', ...more }));
};
const outcomes = async ({ call, urls }: TestService) => {
  const { text } = await call('GET', '/metrics', { origin: urls.management });
  const of = (outcome: string) =>
    Number(new RegExp(`gatehouse_traces_spans_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1]);
  return { exported: of('exported'), lost: of('lost') };
};

it('loads nothing of OpenTelemetry unless a descriptor says where spans go', async () => {
  const program = `
    import { createRequire } from 'node:module';
    await import('@gatehouse/service');
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('@opentelemetry')).length;
    const before = loaded();
    const { openTraces, tracesOptionsSchema } = await import('@gatehouse/observability');
    const settings = tracesOptionsSchema.parse({ url: 'https://localhost:4318/v1/traces' });
    const begun = performance.now();
    await openTraces(settings, { service: 'x', version: '1', onState() {} });
    process.stdout.write(JSON.stringify({ before, after: loaded(), ms: performance.now() - begun }));
    process.exit();`;
  const hook = new URL('../../../tools/cli/swc-hook.mjs', import.meta.url).href;
  const argv = ['--conditions=@gatehouse/source', `--import=${hook}`, '--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: import.meta.dirname });
  const { before, after } = JSON.parse(stdout) as Record<string, number>;
  expect(before).toBe(0);
  expect(after).toBeGreaterThan(10);
}, 60_000);

it('records a span a request, below its caller, by the template of its route and nothing that a caller sent', async () => {
  const running = await start({});
  const headers = { traceparent, 'user-agent': CANARY, cookie: CANARY, 'x-api-key': CANARY, 'x-forwarded-for': CANARY };
  const { headers: answer } = await running.call('GET', `/v1/notes/7?secret=${CANARY}`, { headers });
  await running.call('POST', '/v1/notes', { headers, body: { text: CANARY } });
  await running.call('GET', `/${CANARY}`, { headers });
  await until(() => receiver.spans.length === 3);
  const ofNote = receiver.spans.find(({ name }) => name === 'GET /v1/notes/:id');
  expect(ofNote).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, kind: 2, status: { code: 0 } });
  expect(ofNote?.values).toEqual({
    'http.request.method': 'GET',
    'http.route': '/v1/notes/:id',
    'url.scheme': 'https',
    'http.response.status_code': 400,
    'error.type': 'unknown-parameter',
    'gatehouse.request_id': answer['x-request-id'],
  });
  expect(receiver.spans.map(({ name }) => name)).toContain('GET (unmatched)');
  expect(receiver.text).not.toContain(CANARY);
  expect(receiver.text).not.toContain('127.0.0.1');
});

it('leads from a failed answer to its line, its event and its span by one id', async () => {
  const running = await start({});
  const { body } = await running.call('GET', '/v1/notes/broken');
  const requestId = body.requestId as string;
  await until(() => receiver.spans.length === 1);
  const [span] = receiver.spans;
  expect(span).toMatchObject({
    status: { code: 2 },
    values: { 'gatehouse.request_id': requestId, 'error.type': 'internal' },
  });

  await until(() => lines.some((line) => line.includes('"msg":"request"')));
  const own = lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line.requestId === requestId);
  expect(own.map(({ msg, traceId }) => ({ msg, traceId }))).toEqual([
    { msg: 'request failed', traceId: span?.traceId },
    { msg: 'request', traceId: span?.traceId },
  ]);

  const events: AuditEvent[] = [];
  await until(async () => {
    events.length = 0;
    for await (const event of queryEvents(join(running.stateFolder, 'traced', 'audit'))) events.push(event);
    return events.some(({ metadata }) => metadata.uid === requestId);
  });
  const event = events.find(({ metadata }) => metadata.uid === requestId);
  expect(event?.metadata.correlation_uid).toBe(span?.traceId);
});

it('records its share by the id of the trace, and more only where callers are followed', async () => {
  const running = await start({ sampleRatio: 0 });
  for (let call = 0; call < 5; call++) await running.call('GET', '/v1/notes/7', { headers: { traceparent } });
  expect(await outcomes(running)).toEqual({ exported: 0, lost: 0 });
  await running.close();
  const following = await start({ sampleRatio: 0, followCallers: true });
  await following.call('GET', '/v1/notes/7');
  await following.call('GET', '/v1/notes/7', { headers: { traceparent } });
  await until(() => receiver.spans.length === 1);
  expect(receiver.spans[0]?.traceId).toBe(TRACE);
});

it('goes on while the collector is gone, says so once, and posts again when it is back', async () => {
  const running = await start({ timeoutMs: 200 });
  await receiver.close();
  expect((await running.call('GET', '/v1/notes/7')).status).toBe(200);
  await until(async () => (await outcomes(running)).lost > 0);
  await running.call('GET', '/v1/notes/7');
  await until(async () => (await outcomes(running)).lost === 2);
  expect(lines.filter((line) => line.includes('cannot be posted'))).toHaveLength(1);
  await receiver.listen();
  await running.call('GET', '/v1/notes/7');
  await until(async () => (await outcomes(running)).exported === 1);
  expect(lines.filter((line) => line.includes('posted again'))).toHaveLength(1);
}, 60_000);

it('is not slowed down by a collector that hangs, and keeps no more than its queue', async () => {
  const running = await start({ maxQueue: 10, timeoutMs: 60_000 });
  receiver.hangs = true;
  try {
    const begun = performance.now();
    for (let call = 0; call < 60; call++) expect((await running.call('GET', '/v1/notes/7')).status).toBe(200);
    expect(performance.now() - begun).toBeLessThan(10_000);
    const { exported, lost } = await outcomes(running);
    expect(exported).toBe(0);
    expect(lost).toBeGreaterThanOrEqual(60 - 2 * 10); // in the queue, and under way
    const closing = performance.now();
    await running.close();
    expect(performance.now() - closing).toBeLessThan(10_000);
  } finally {
    receiver.hangs = false;
    service = undefined;
  }
}, 60_000);

it('shows the collector the token that the store has, also a new one, and nobody else', async () => {
  const store = await mkdtemp(join(tmpdir(), 'gatehouse-traces-store-'));
  const put = (token: string) => writeFile(join(store, 'gatehouseTracesToken'), token, { mode: 0o600 });
  try {
    await writeBuiltInKeys(descriptorOf({ bearer: true }), store);
    await put('first-token-of-the-collector');
    const running = await start({ bearer: true }, { env: { GATEHOUSE_SECRETS_FOLDER: store } });
    await running.call('GET', '/v1/notes/7');
    await until(() => receiver.authorization === 'Bearer first-token-of-the-collector');
    await put('second-token-of-the-collector');
    await until(async () => {
      await running.call('GET', '/v1/notes/7');
      return receiver.authorization === 'Bearer second-token-of-the-collector';
    });
    expect(lines.join('')).not.toContain('token-of-the-collector');
  } finally {
    await rm(store, { recursive: true, force: true });
  }
}, 60_000);

it('refuses a collector in clear, unless it is named insecure; never a token in clear', () => {
  const at = (traces: TracesOptions) =>
    defineService({ root: '.', name: 'traced', ports: { https: 0, http: 0, management: 0 }, traces });
  expect(() => at({ url: 'http://collector:4318/v1/traces' })).toThrow('insecureWithoutTls');
  const local = { url: 'http://localhost:4318/v1/traces', insecureWithoutTls: true };
  expect(() => at(local)).not.toThrow();
  expect(() => at({ ...local, bearer: true })).toThrow('a token is sent over https:// alone');
});
