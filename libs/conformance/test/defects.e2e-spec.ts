// Every check has a deliberately broken service that it, and it alone, catches.
import { CHECKS, runConformance, type Report } from '../src/index.ts';
import { startFixture } from './fixtures/fixture.server.ts';

/** Services under test at once: they mostly wait. */
const PARALLEL = 5;

const run = async (defect?: string): Promise<Report> => {
  const { urls, caFile, token, issuerKey, revokedToken, close } = await startFixture(defect);
  const [url, http, management] = [urls.https.href, urls.http.href, urls.management.href];
  try {
    // a token goes only to a certificate that is trusted
    const known = defect?.startsWith('cert-') ? {} : { token, issuerKey, revokedToken: await revokedToken() };
    return await runConformance({ url, http, management, caFile, ...known, slowMs: 6_000 });
  } finally {
    await close();
  }
};

/** The process checks have their own spec: they start the service themselves. */
const checks = CHECKS.filter(({ needs }) => needs === undefined).map(({ id }) => id);
const reports = new Map<string, Report>();
const crashes = new Map<string, unknown>();

beforeAll(async () => {
  reports.set('none', await run()); // by itself: its time is measured
  const queue = [...checks];
  const worker = async () => {
    for (let defect = queue.shift(); defect; defect = queue.shift()) {
      try {
        reports.set(defect, await run(defect));
      } catch (error) {
        crashes.set(defect, error); // told by the test of this defect
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}, 420_000);

const bad = (defect: string) =>
  crashes.get(defect) ??
  reports
    .get(defect)
    ?.results.filter(({ status }) => status === 'fail' || status === 'error')
    .map(({ id, status, reason, findings }) => ({
      id,
      status,
      reason,
      findings: findings.map(({ message, evidence = '' }) => `${message} ${evidence}`),
    }));

it('finds nothing on the good service, and skips only what it may not start', () => {
  expect(bad('none')).toEqual([]);
  const skipped = reports.get('none')?.results.filter(({ status }) => status === 'skipped');
  expect(skipped?.map(({ id }) => id)).toEqual(CHECKS.filter(({ needs }) => needs).map(({ id }) => id));
});

it('is done with a good service in less than 20 s', () => {
  expect(reports.get('none')?.ms).toBeLessThan(20_000);
});

it.each(checks)('%s alone catches its broken service', (id) => {
  expect(bad(id)).toMatchObject([{ id, status: 'fail', findings: expect.arrayContaining([expect.any(String)]) }]);
});
