// A service that asks who is calling, one that limits its callers, one that leaves HSTS out for localhost: none is mistaken for a
// broken one.
import { runConformance, type ConformanceOptions, type Report } from '../src/index.ts';
import { startFixture, type RunningFixture } from './fixtures/fixture.server.ts';

const TOKEN = 'conformance-token';
const BODIES = ['malformed-json', 'wrong-type', 'unknown-field', 'media-type', 'duplicate-query'];

async function run(fixture: RunningFixture, options: Partial<ConformanceOptions>): Promise<Report> {
  const { urls, caFile, close } = fixture;
  const addresses = { url: urls.https.href, http: urls.http.href, management: urls.management.href, caFile };
  return runConformance({ ...addresses, slowMs: 6_000, ...options }).finally(close);
}

const status = ({ results }: Report) => Object.fromEntries(results.map((result) => [result.id, result.status]));

it('skips what it cannot reach without a token, and says how to go on', async () => {
  const report = await run(await startFixture(undefined, TOKEN), { only: [...BODIES, 'problem-json', 'hsts'] });
  for (const id of BODIES) {
    const result = report.results.find((found) => found.id === id);
    expect(result).toMatchObject({ status: 'skipped', reason: 'the routes answer 401: name a token with --token' });
  }
  expect(status(report)).toMatchObject({ 'problem-json': 'pass', hsts: 'pass' });
});

it('goes through with a token', async () => {
  const report = await run(await startFixture(undefined, TOKEN), { token: TOKEN });
  expect(report.results.filter(({ status }) => status === 'fail' || status === 'error')).toEqual([]);
  expect(status(report)).toMatchObject(Object.fromEntries(BODIES.map((id) => [id, 'pass'])));
});

it('waits out a rate limit that says when to come back', async () => {
  const report = await run(await startFixture('rate-limited'), { only: BODIES, concurrency: 1 });
  expect(status(report)).toEqual(Object.fromEntries(BODIES.map((id) => [id, 'pass'])));
});

it('believes a limit whose allowance comes back all at once', async () => {
  const only = ['rate-limit', 'rate-limit-forged', 'rate-limit-health', 'rate-limit-told'];
  const report = await run(await startFixture('fixed-window'), { only });
  expect(report.results.flatMap(({ findings }) => findings)).toEqual([]);
  expect(status(report)).toEqual(Object.fromEntries(only.map((id) => [id, 'pass'])));
});

it('asks under a public name when localhost gets no HSTS', async () => {
  const report = await run(await startFixture('hsts-by-name'), { only: ['hsts', 'security-headers'] });
  expect(status(report)).toEqual({ hsts: 'pass', 'security-headers': 'pass' });
});
