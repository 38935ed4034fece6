import { brokenBudgets, BUILT, doubtfulBudgets, UNAUDITED } from './guard.ts';
import type { Row } from './report.ts';

const same = (value: number) => ({ median: value, min: value, max: value });
const row = (server: string, method: Row['method'], kept: number): Row => ({
  server,
  method,
  cpuMicros: same(30),
  keptOfRaw: same(kept),
  startMs: 300,
  restMB: 80,
  loadMB: 100,
});
const rows = (get: number, post: number, audited = 0.4) => [
  row(UNAUDITED, 'GET', get),
  row(UNAUDITED, 'POST', post),
  row('gatehouse', 'GET', audited),
  row('gatehouse', 'POST', audited),
  { ...row(BUILT, 'GET', 0.5), loadMB: 199 },
];

const journal = (kept = 0.85) => ({
  GET: { throughput: same(kept), cpu: same(0.8) },
  POST: { throughput: same(0.5), cpu: same(0.5) },
});

describe('brokenBudgets', () => {
  it('is silent at the budget itself', () => {
    expect(brokenBudgets({ rows: rows(0.4, 0.33), skipped: {}, keptWithJournal: journal() })).toEqual([]);
  });

  it('names a broken ratio with its budget', () => {
    expect(brokenBudgets({ rows: rows(0.399, 0.5), skipped: {}, keptWithJournal: journal() })).toEqual([
      'gatehouse, no audit, GET: keeps 39.9 % of raw node:https, the budget is 40 %',
    ]);
    expect(brokenBudgets({ rows: rows(0.5, 0.5, 0.329), skipped: {}, keptWithJournal: journal() })).toEqual([
      'gatehouse, GET: keeps 32.9 % of raw node:https, the budget is 40 %',
      'gatehouse, POST: keeps 32.9 % of raw node:https, the budget is 33 %',
    ]);
  });

  it('names a journal that takes more of GET than 15 %', () => {
    const broken = brokenBudgets({ rows: rows(0.5, 0.5), skipped: {}, keptWithJournal: journal(0.84) });
    expect(broken).toEqual(['the journal, GET: keeps 84 % of the throughput without it, the budget is 85 %']);
  });

  it('names what the built service takes beyond 190 MiB under load', () => {
    const measured = [...rows(0.5, 0.5).slice(0, -1), { ...row(BUILT, 'GET', 0.5), loadMB: 200 }];
    expect(brokenBudgets({ rows: measured, skipped: {}, keptWithJournal: journal() })).toEqual([
      'gatehouse, built, memory: 200 MB under load, the budget is 199 MB',
    ]);
  });

  it('refuses to pass when the service was not measured', () => {
    const broken = brokenBudgets({ rows: [], skipped: { gatehouse: 'it did not start' } });
    expect(broken).toHaveLength(6);
    expect(broken).toContain('gatehouse, POST: no verdict, it was not measured (it did not start)');
  });
});

describe('doubtfulBudgets', () => {
  it('is what more rounds may mend', () => {
    const report = { rows: rows(0.399, 0.5), skipped: {}, keptWithJournal: journal(0.84) };
    expect(doubtfulBudgets(report)).toEqual(brokenBudgets(report));
    expect(doubtfulBudgets({ ...report, rows: rows(0.4, 0.5), keptWithJournal: journal() })).toEqual([]);
  });

  it('is nothing where one is broken whatever they say: memory, a server that was not measured', () => {
    const heavy = [...rows(0.399, 0.5).slice(0, -1), { ...row(BUILT, 'GET', 0.5), loadMB: 200 }];
    expect(doubtfulBudgets({ rows: heavy, skipped: {}, keptWithJournal: journal() })).toEqual([]);
    expect(doubtfulBudgets({ rows: rows(0.399, 0.5), skipped: {}, keptWithJournal: undefined })).toEqual([]);
  });
});
