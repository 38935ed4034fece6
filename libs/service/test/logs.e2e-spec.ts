// The log of a running service: no canary that a caller sends is in it, nothing forges a line, and one id leads from the answer to the
// line and the error.
import { startForTest, type TestService } from '../src/testing/index.ts';
import { sample, SampleModule } from './fixtures/sample.app.ts';
import { until } from './fixtures/until.ts';

const CANARY = 'c4nary-51d0e2';
const TRACE = '0af7651916cd43dd8448eb211c80319c';

let service: TestService | undefined;
const lines: string[] = [];
const start = async (requestLogSample = 1) => {
  lines.length = 0;
  const logStream = { write: (line: string) => void lines.push(line) };
  return (service = await startForTest(SampleModule, sample, { logLevel: 'debug', logStream, requestLogSample }));
};
afterEach(async () => {
  await service?.close();
  service = undefined;
});
const entries = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
/** The lines of that many requests: one is written after its answer. */
const requests = async (count: number) => {
  const found = () => entries().filter(({ msg }) => msg === 'request');
  await until(() => found().length >= count);
  return found();
};

it('holds no header, query or body of a caller', async () => {
  const { call, raw } = await start();
  const headers = {
    authorization: `Bearer ${CANARY}`,
    cookie: `session=${CANARY}`,
    'x-api-key': CANARY,
    'user-agent': CANARY,
    'x-forwarded-for': CANARY,
  };
  await call('GET', `/v1/notes/1?access_token=${CANARY}`, { headers });
  await call('GET', `/${CANARY}`, { headers });
  await call('GET', '/v1/notes/broken', { headers });
  await call('POST', '/v1/notes', { headers, body: { text: CANARY.repeat(50), [CANARY]: 1 } });
  await call('POST', '/v1/notes', { headers, body: `{"text": "${CANARY}` });
  await raw(`GET /${CANARY}\u0001 HTTP/1.1\r\nhost: ${CANARY}\r\n\r\n`);
  await raw(`${CANARY} / HTTP/9.9\r\n\r\n`);
  expect(await requests(5)).toHaveLength(5);
  expect(lines.join('')).not.toContain(CANARY);
  expect(lines.join('')).not.toContain('hunter2'); // in the message of the handler's own error
});

it('is one line a request, whatever a caller sends', async () => {
  const { raw } = await start();
  const agent = 'x\u009b31m"}{"level":"error","msg":"forged"}';
  await raw(
    `GET /a%0d%0a{"msg":"forged"} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nuser-agent: ${agent}\r\n\r\n`,
  );
  expect(await requests(1)).toHaveLength(1);
  expect(lines.join('')).not.toContain('forged');
});

it('leads from the answer to the line, the error and the trace by one id', async () => {
  const { call } = await start();
  const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
  const { body, headers } = await call('GET', '/v1/notes/broken', { headers: { traceparent } });
  const { requestId } = body;
  expect(headers['x-request-id']).toBe(requestId);
  await requests(1);
  const own = entries().filter((entry) => entry.requestId === requestId);
  expect(own.map(({ msg }) => msg).toSorted()).toEqual(['request', 'request failed']);
  expect(own.map(({ traceId }) => traceId)).toEqual([TRACE, TRACE]);
  expect(own.find(({ msg }) => msg === 'request failed')?.err).toMatchObject({ type: 'Error' });
});

it('leaves out what went well where it is told to, and never what went wrong', async () => {
  const { call } = await start(0);
  for (let index = 0; index < 5; index++) await call('GET', '/v1/notes/1');
  await call('GET', '/nowhere');
  await call('GET', '/v1/notes/broken');
  expect((await requests(2)).map(({ status }) => status)).toEqual([404, 500]);
});
