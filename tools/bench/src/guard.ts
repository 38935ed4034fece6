// The budget that CI holds. It fails when a ratio is broken, and also when there is nothing to compare: a guard that passes because
// the service did not start guards nothing.
import type { Report, Row } from './report.ts';

/** Least share of raw node:https that must be kept by the whole path; the goal is 0.5 and 0.45. */
export const BUDGETS = { GET: 0.4, POST: 0.33 } as const;

/** @returns what is broken, one sentence each; empty when every budget holds */
export function brokenBudgets(report: Pick<Report, 'rows' | 'skipped'>, subject = 'gatehouse'): string[] {
  return Object.entries(BUDGETS).flatMap(([method, least]) => {
    const row = report.rows.find((candidate) => candidate.server === subject && candidate.method === method);
    return check(method, least, row, report.skipped[subject]);
  });
}

function check(method: string, least: number, row: Row | undefined, reason: string | undefined): string[] {
  if (!row?.keptOfRaw) return [`${method}: no verdict, it was not measured${reason ? ` (${reason})` : ''}`];
  const kept = row.keptOfRaw.median;
  if (kept >= least) return [];
  return [
    `${method}: keeps ${(kept * 100).toFixed(1)} % of raw node:https, the budget is ${(least * 100).toFixed(0)} %`,
  ];
}
