// The API document is the service's own word, and the service may be hostile: it neither stops the suite nor leads it elsewhere, and a
// route that cannot be asked hides no other one.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKS, runConformance, type Report } from '../src/index.ts';
import { fixtureApi } from './fixtures/fixture.api.ts';
import { startFixture, type RunningFixture } from './fixtures/fixture.server.ts';

type Paths = Readonly<Record<string, unknown>>;
const { paths: GOOD, components } = fixtureApi() as { paths: Paths; components: object };

let fixture: RunningFixture;
let folder: string;
beforeAll(async () => {
  fixture = await startFixture();
  folder = await mkdtemp(join(tmpdir(), 'conformance-document-'));
});
afterAll(async () => {
  await fixture.close();
  await rm(folder, { recursive: true, force: true });
});

/** Every check that asks what the document describes, and none that waits or floods. */
const ONLY = CHECKS.filter(({ needs, slow, alone }) => !needs && !slow && !alone).map(({ id }) => id);

async function run(paths: Paths, only: readonly string[] = ONLY): Promise<Report> {
  const openapi = join(folder, 'openapi.json');
  await writeFile(openapi, JSON.stringify({ openapi: '3.1.0', paths, components }));
  const { caFile, urls, token, issuerKey } = fixture;
  return runConformance({ url: urls.https.href, caFile, token, issuerKey, openapi, only: [...only] });
}

const NAMES = ['left', 'right', 'parent', 'root', 'next'];
const self = (path: string) => ({ $ref: `#/paths/${path.replaceAll('/', '~1')}/post/requestBody/content/x/schema` });
const takes = (schema: unknown) => ({
  post: { security: [{ bearer: [] }], requestBody: { content: { x: { schema }, 'application/json': { schema } } } },
});
const asks = (parameter: object) => ({
  get: { security: [{ bearer: [] }], parameters: [{ in: 'query', required: true, ...parameter }] },
});

const HOSTILE: Readonly<Record<string, unknown>> = {
  tree: { type: 'object', required: NAMES, properties: Object.fromEntries(NAMES.map((name) => [name, self('/tree')])) },
  list: { type: 'array', minItems: 1e9 },
  text: { type: 'string', minLength: 1e12 },
  parts: { allOf: [null] },
  choice: { enum: [] },
};
const BODIES = Object.fromEntries(Object.entries(HOSTILE).map(([name, schema]) => [`/${name}`, takes(schema)]));
const PARAMETERS = {
  '/a/{id}': asks({ in: 'path', name: 'id', schema: { example: '\ud800' } }),
  '/b': asks({ in: 'header', name: 'x-b', schema: { example: 'a\r\nb: c' } }),
  '/c': asks({ in: 'header', name: 'no name', schema: {} }),
  '/d': asks({ name: { toString: null }, schema: {} }),
  '/e': asks({ name: '\udfff', schema: { example: { toString: null } } }),
  '/f': asks({ name: 'f', schema: { minLength: 1e12 } }),
  '/g': { get: { security: [{ bearer: [{ toString: null }] }], parameters: [null, 7] } },
};

it('a document of hostile schemas is no error of any check, and what needs a sample is skipped with the reason', async () => {
  const { results } = await run({ ...BODIES, ...PARAMETERS });
  expect(results.filter(({ status }) => status === 'error')).toEqual([]);
  const wanted = ['malformed-json', 'wrong-type', 'unknown-field', 'prototype-keys', 'deep-nesting', 'invalid-utf8'];
  const reasons = results.filter(({ id }) => wanted.includes(id)).map(({ status, reason }) => `${status}: ${reason}`);
  expect(reasons).toEqual(
    wanted.map(() => 'skipped: no valid sample for POST /tree: its schema asks for more than 10000 values'),
  );
}, 60_000);

it('a document of more operations than can be tried is refused where it is named, and skipped where it is found', async () => {
  const many = Object.fromEntries(Array.from({ length: 2_001 }, (_, index) => [`/${index}`, asks({})]));
  await expect(run(many)).rejects.toThrow(/cannot be used: .* 2001 operations, more than the 2000/);
  const secure = fixture.urls.https.href;
  const management = createHttp(
    (_request, answer) => void answer.end(JSON.stringify({ openapi: '3.1.0', paths: many })),
  );
  await once(management.listen(0, '127.0.0.1'), 'listening');
  try {
    const { port } = management.address() as AddressInfo;
    const { results } = await runConformance({
      ...{ url: secure, caFile: fixture.caFile, management: `http://localhost:${port}`, only: ['auth-required'] },
    });
    expect(results[0]).toMatchObject({ status: 'skipped', reason: expect.stringContaining('2001 operations') });
  } finally {
    management.closeAllConnections();
    management.close();
  }
});

it('what has no valid sample hides no other route, and is noted', async () => {
  const { results } = await run({ ...BODIES, ...GOOD }, ['wrong-type', 'unknown-field', 'auth-required']);
  expect(results.map(({ id, status }) => `${id} ${status}`)).toEqual([
    'wrong-type pass',
    'unknown-field pass',
    'auth-required fail', // the hostile routes are not there, and answer 404: they were asked too
  ]);
  expect(results[0]?.notes).toContain('no valid sample for POST /choice: an enum of it is empty');
});

it('asks no other host, whatever the paths are', async () => {
  let asked = 0;
  const elsewhere = createServer((socket) => {
    asked += 1;
    socket.destroy();
  });
  await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
  const host = `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  const places = [`//${host}/a`, `/\\${host}/a`, `/\t/${host}/a`, `https://${host}/a`, `@${host}/a`, `/{id}/${host}/a`];
  const id = { in: 'path', name: 'id', schema: { const: '' } };
  const path = asks(id);
  try {
    await run({ ...GOOD, ...Object.fromEntries(places.map((place) => [place, path])) });
    expect(asked).toBe(0);
  } finally {
    elsewhere.close();
  }
}, 60_000);
