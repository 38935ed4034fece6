// The budgets that CI holds. It fails when a ratio is broken, and also when there is nothing to compare: a guard that passes because
// the service did not start guards nothing.
import type { Report, Row } from './report.ts';

/** The row of the path without its journal. */
export const UNAUDITED = 'gatehouse, no audit';

/** The row of the service as its image runs it. */
export const BUILT = 'gatehouse, built';

/** Most resident memory of the built service under load, in MB: 190 MiB. The goal is 160 MiB. */
export const MOST_MEMORY_MB = 199;

/** Least share of raw node:https that must be kept, with the journal and without: the goal is 0.5 and 0.45. */
export const BUDGETS = {
  [UNAUDITED]: { GET: 0.4, POST: 0.33 },
  gatehouse: { GET: 0.4, POST: 0.33 },
} as const;

/** What the journal may take of GET's throughput: 15 %. A mutation pays for two records and waits for the disk: its budget is that of the whole path. */
export const LEAST_WITH_JOURNAL = 0.85;

type Verdict = Pick<Report, 'rows' | 'skipped' | 'keptWithJournal'>;

/** @returns what is broken, one sentence each; empty when every budget holds */
export const brokenBudgets = (report: Verdict): string[] => breachesOf(report).map(({ what }) => what);

/** @returns what more rounds may mend, one sentence each; empty when every budget holds, and when one is broken whatever they say */
export function doubtfulBudgets(report: Verdict): string[] {
  const breaches = breachesOf(report);
  return breaches.some(({ isCertain }) => isCertain) ? [] : breaches.map(({ what }) => what);
}

interface Breach {
  readonly what: string;
  /** A median moves with more rounds; memory only grows, and what was not measured does not start by them. */
  readonly isCertain: boolean;
}

const breachesOf = ({ rows, skipped, keptWithJournal }: Verdict): Breach[] => [
  ...brokenShares({ rows, skipped }),
  ...brokenJournal(keptWithJournal?.GET.throughput.median),
  ...brokenMemory(rows.find(({ server }) => server === BUILT)?.loadMB, skipped[BUILT]),
];

const certain = (what: string): Breach[] => [{ what, isCertain: true }];
const doubtful = (what: string): Breach[] => [{ what, isCertain: false }];

const notMeasured = (what: string, reason: string | undefined): Breach[] =>
  certain(`${what}: no verdict, it was not measured${reason ? ` (${reason})` : ''}`);

function brokenMemory(most: number | undefined, reason: string | undefined): Breach[] {
  if (most === undefined) return notMeasured(`${BUILT}, memory`, reason);
  if (most <= MOST_MEMORY_MB) return [];
  return certain(`${BUILT}, memory: ${most.toFixed(0)} MB under load, the budget is ${MOST_MEMORY_MB} MB`);
}

function brokenJournal(kept: number | undefined): Breach[] {
  if (kept === undefined) return certain('the journal, GET: no verdict, it was not measured with and without');
  if (kept >= LEAST_WITH_JOURNAL) return [];
  const percent = (share: number) => (share * 100).toFixed(0);
  return doubtful(
    `the journal, GET: keeps ${percent(kept)} % of the throughput without it, the budget is ${percent(LEAST_WITH_JOURNAL)} %`,
  );
}

function brokenShares({ rows, skipped }: Pick<Report, 'rows' | 'skipped'>): Breach[] {
  return Object.entries(BUDGETS).flatMap(([server, budget]) =>
    Object.entries(budget).flatMap(([method, least]) => {
      const row = rows.find((candidate) => candidate.server === server && candidate.method === method);
      return check(`${server}, ${method}`, least, row, skipped[server]);
    }),
  );
}

function check(what: string, least: number, row: Row | undefined, reason: string | undefined): Breach[] {
  if (!row?.keptOfRaw) return notMeasured(what, reason);
  const kept = row.keptOfRaw.median;
  if (kept >= least) return [];
  return doubtful(
    `${what}: keeps ${(kept * 100).toFixed(1)} % of raw node:https, the budget is ${(least * 100).toFixed(0)} %`,
  );
}
