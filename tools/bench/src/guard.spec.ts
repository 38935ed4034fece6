import { brokenBudgets } from './guard.ts';
import type { Row } from './report.ts';

const same = (value: number) => ({ median: value, min: value, max: value });
const row = (method: Row['method'], kept: number): Row => ({
  server: 'gatehouse',
  method,
  cpuMicros: same(30),
  keptOfRaw: same(kept),
  startMs: 300,
  restMiB: 80,
  rssMiB: 100,
});

describe('brokenBudgets', () => {
  it('is silent at the budget itself', () => {
    expect(brokenBudgets({ rows: [row('GET', 0.4), row('POST', 0.33)], skipped: {} })).toEqual([]);
  });

  it('names a broken ratio with its budget', () => {
    expect(brokenBudgets({ rows: [row('GET', 0.399), row('POST', 0.5)], skipped: {} })).toEqual([
      'GET: keeps 39.9 % of raw node:https, the budget is 40 %',
    ]);
  });

  it('refuses to pass when the service was not measured', () => {
    expect(brokenBudgets({ rows: [], skipped: { gatehouse: 'it did not start' } })).toEqual([
      'GET: no verdict, it was not measured (it did not start)',
      'POST: no verdict, it was not measured (it did not start)',
    ]);
  });
});
