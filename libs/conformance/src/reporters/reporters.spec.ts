import type { CheckResult, Report } from '../conformance.report.ts';
import { exitCodeOf } from '../conformance.report.ts';
import { junitReport } from './junit.reporter.ts';
import { tableReport } from './table.reporter.ts';

const base = {
  title: 'A title',
  control: ['ASVS V1.2.3'],
  remedy: 'mend it',
  severity: 'medium',
  findings: [],
  ms: 5,
} as const;
const results: CheckResult[] = [
  { ...base, id: 'good', status: 'pass' },
  {
    ...base,
    id: 'bad',
    status: 'fail',
    findings: [{ message: 'it is <bad>', evidence: `\u001b[2J & ${'x'.repeat(200)}` }],
  },
  { ...base, id: 'none', status: 'skipped', reason: 'no reason' },
  { ...base, id: 'broken', status: 'error', severity: 'low', reason: 'it "threw"' },
];
const report: Report = {
  ...{ url: 'https://localhost:1', startedAt: '2026-01-01T00:00:00.000Z', ms: 1_500, results },
  counts: { pass: 1, fail: 1, skipped: 1, error: 1 },
};

describe('tableReport', () => {
  it('fits in 80 columns and lets no service draw on the terminal', () => {
    const text = tableReport(report);
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('1 passed, 1 failed, 1 skipped, 1 errors in 1.5 s');
  });

  it('has colour only when asked for', () => expect(tableReport(report, { colour: true })).toContain('\u001b[31mFAIL'));
});

describe('junitReport', () => {
  const xml = junitReport(report);

  it('counts what happened', () => expect(xml).toContain('tests="4" failures="1" errors="1" skipped="1" time="1.500"'));

  it('escapes what the service said, and drops what XML cannot hold', () => {
    expect(xml).toContain('it is &lt;bad&gt;');
    expect(xml).toContain('[2J &amp; xxx');
    expect(xml).not.toContain('\u001b');
  });
});

describe('exitCodeOf', () => {
  it.each([
    ['critical', 0],
    ['high', 0],
    ['medium', 1],
    ['low', 1],
    ['never', 0],
  ] as const)('from %s on it is %d', (failOn, code) => {
    const carriedOut = results.filter(({ status }) => status !== 'error');
    expect(exitCodeOf({ ...report, results: carriedOut }, failOn)).toBe(code);
  });

  it.each(['critical', 'high', 'medium', 'low', 'never'] as const)(
    'is never 0 where a check could not be carried out, whatever it weighs: from %s on',
    (failOn) => expect(exitCodeOf({ ...report, results: [results[0], results[3]] }, failOn)).toBe(1),
  );
});
