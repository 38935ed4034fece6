// The budgets that CI holds. It fails when a ratio is broken, and also when there is nothing to compare: a guard that passes because
// the service did not start guards nothing.
import type { Report, Row } from './report.ts';

/** The row of the path without its journal. */
export const UNAUDITED = 'gatehouse, no audit';

/** Least share of raw node:https that must be kept, with the journal and without: the goal is 0.5 and 0.45. */
export const BUDGETS = {
  [UNAUDITED]: { GET: 0.4, POST: 0.33 },
  gatehouse: { GET: 0.4, POST: 0.33 },
} as const;

/** @returns what is broken, one sentence each; empty when every budget holds */
export function brokenBudgets({ rows, skipped }: Pick<Report, 'rows' | 'skipped'>): string[] {
  return Object.entries(BUDGETS).flatMap(([server, budget]) =>
    Object.entries(budget).flatMap(([method, least]) => {
      const row = rows.find((candidate) => candidate.server === server && candidate.method === method);
      return check(`${server}, ${method}`, least, row, skipped[server]);
    }),
  );
}

function check(what: string, least: number, row: Row | undefined, reason: string | undefined): string[] {
  if (!row?.keptOfRaw) return [`${what}: no verdict, it was not measured${reason ? ` (${reason})` : ''}`];
  const kept = row.keptOfRaw.median;
  if (kept >= least) return [];
  return [`${what}: keeps ${(kept * 100).toFixed(1)} % of raw node:https, the budget is ${(least * 100).toFixed(0)} %`];
}
