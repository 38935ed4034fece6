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
  // a machine that stood still for seconds let a service beside miss its time: what is caught besides has to be caught by itself too
  for (const defect of checks) {
    const report = reports.get(defect);
    const besides = report ? bad(report).filter(({ id }) => id !== defect) : [];
    if (besides.length === 0) continue;
    process.stderr.write(`once more, by itself: the service broken in ${defect}: ${JSON.stringify(besides)}\n`);
    reports.set(defect, await run(defect));
  }
}, 420_000);

const bad = ({ results }: Report) =>
  results
    .filter(({ status }) => status === 'fail' || status === 'error')
    .map(({ id, status, reason, findings }) => ({
      id,
      status,
      reason,
      findings: findings.map(({ message, evidence = '' }) => `${message} ${evidence}`),
    }));

const caught = (defect: string) => crashes.get(defect) ?? bad(reports.get(defect) as Report);

it('finds nothing on the good service, and skips only what it may not start', () => {
  expect(bad(reports.get('none') as Report)).toEqual([]);
  const skipped = reports.get('none')?.results.filter(({ status }) => status === 'skipped');
  expect(skipped?.map(({ id }) => id)).toEqual(CHECKS.filter(({ needs }) => needs).map(({ id }) => id));
});

it('is done with a good service in less than 20 s', () => {
  expect(reports.get('none')?.ms).toBeLessThan(20_000);
});

it.each(checks)('%s alone catches its broken service', (id) => {
  expect(caught(id)).toMatchObject([{ id, status: 'fail', findings: expect.arrayContaining([expect.any(String)]) }]);
});
