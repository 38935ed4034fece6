import { createLogger, type Logger } from './index.ts';

/** A value that must be nowhere in the log. */
const CANARY = 'c4nary-7f3a9b';
const JWT = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.${CANARY}`;

let lines: string[];
let log: Logger;
beforeEach(async () => {
  lines = [];
  log = await createLogger({
    service: 'test',
    level: 'info',
    stream: { write: (line: string) => void lines.push(line) },
  });
});
const written = () => lines.join('');
const parsed = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

/** An error as client libraries make them: with the request in its own fields. */
const clientError = (message: string, cause?: unknown) =>
  Object.assign(new Error(message, { cause }), {
    config: { headers: { Authorization: `Bearer ${CANARY}` }, data: `password=${CANARY}` },
    response: { headers: { 'set-cookie': [CANARY] } },
  });

describe('no credential is written down', () => {
  it.each<[string, (to: Logger) => void]>([
    ['a header', (to) => to.info({ authorization: `Bearer ${CANARY}`, 'x-api-key': CANARY }, 'x')],
    [
      'headers of a request, at any depth and in any case',
      (to) => to.info({ a: { req: { headers: { Authorization: CANARY, Cookie: CANARY } } } }, 'x'),
    ],
    ['a body', (to) => to.info({ body: { user: 'ada', password: CANARY, card: { apiKey: CANARY } } }, 'x')],
    ['a list', (to) => to.info({ list: [{ client_secret: CANARY }, { refreshToken: CANARY }] }, 'x')],
    ['a query', (to) => to.info({ url: `/v1/x?a=1&access_token=${CANARY}&api_key=${CANARY}` }, 'x')],
    ['a URL with a password', (to) => to.info({ url: new URL(`https://user:${CANARY}@db.example.test/`) }, 'x')],
    ['a text', (to) => to.info({ note: `sent Authorization: Bearer ${CANARY} twice` }, 'x')],
    ['a token by its looks', (to) => to.info({ note: JWT }, 'x')],
    ['a message', (to) => to.warn(`login failed: password=${CANARY}`)],
    ['a message with its fields', (to) => to.warn({ a: 1 }, `GET /x?token=${CANARY}`)],
    ['an error', (to) => to.error({ err: clientError(`connect postgres://api:${CANARY}@db/x`) }, 'x')],
    ['an error alone', (to) => to.error(clientError(`token=${CANARY}`))],
    [
      'an error with causes',
      (to) => to.error({ err: clientError('a', clientError(`b secret=${CANARY}`, new Error(`Basic ${CANARY}`))) }, 'x'),
    ],
    ['several errors', (to) => to.error({ err: new AggregateError([clientError(`password: ${CANARY}`)], 'all') }, 'x')],
    ['a child logger', (to) => to.child({ password: CANARY, session: { token: CANARY } }).info('x')],
    ['a Buffer', (to) => to.info({ key: Buffer.from(CANARY) }, 'x')],
  ])('%s', (_, write) => {
    write(log);
    expect(lines).toHaveLength(1);
    expect(written()).not.toContain(CANARY);
    expect(written()).not.toContain(Buffer.from(CANARY).toString('base64'));
  });

  it('keeps what people need of an error', () => {
    log.error({ err: Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'ECONNREFUSED' }) }, 'x');
    expect(parsed()[0]?.err).toMatchObject({
      type: 'Error',
      message: 'outer',
      code: 'ECONNREFUSED',
      cause: { message: 'inner' },
    });
  });
});

describe('no value breaks its line', () => {
  const FORGED = 'x\r\n{"level":"error","msg":"forged"}\u001b[31m\u009b31m\u2028\u202e';

  it.each<[string, (to: Logger) => void]>([
    ['a field', (to) => to.info({ agent: FORGED }, 'x')],
    ['the name of a field', (to) => to.info({ [FORGED]: 1 }, 'x')],
    ['a message', (to) => to.info(FORGED)],
    ['an error', (to) => to.error(new Error(FORGED))],
    ['a child logger', (to) => to.child({ agent: FORGED }).info('x')],
  ])('%s', (_, write) => {
    write(log);
    expect(lines).toHaveLength(1);
    expect(written().trimEnd()).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(parsed()).toHaveLength(1);
    expect(written()).not.toMatch(/\\u001b|\\r/);
  });

  it('survives what cannot be printed', () => {
    const loop: Record<string, unknown> = { a: 1n, f: () => 1, when: new Date(NaN) };
    loop.self = loop;
    Object.defineProperty(loop, 'getter', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    log.info(loop, 'x');
    log.info({ deep: Array.from({ length: 500 }, (_, index) => index) }, '\ud800');
    expect(parsed()).toHaveLength(2);
  });
});
