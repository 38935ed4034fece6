// What a run found, in one shape for people, programs and CI.
import { compareSeverity, type Check, type Finding, type Severity } from './check.ts';
import type { FailOn } from './conformance.options.ts';

export type CheckStatus = 'pass' | 'fail' | 'skipped' | 'error';

/** The outcome of one check. */
export interface CheckResult extends Pick<Check, 'id' | 'title' | 'control' | 'remedy'> {
  readonly status: CheckStatus;
  /** The worst of its findings; of the check itself when it passed, was skipped or errored. */
  readonly severity: Severity;
  readonly findings: readonly Finding[];
  /** Why it was skipped or errored. */
  readonly reason?: string;
  /** What was exempt, or could not be proved, though the check was carried out. */
  readonly notes?: readonly string[];
  readonly ms: number;
}

/** The outcome of a run. */
export interface Report {
  readonly url: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly ms: number;
  readonly counts: Readonly<Record<CheckStatus, number>>;
  readonly results: readonly CheckResult[];
}

/** Counts the results. */
export function makeReport(url: URL, startedAt: Date, results: readonly CheckResult[]): Report {
  const counts = { pass: 0, fail: 0, skipped: 0, error: 0 };
  for (const { status } of results) counts[status] += 1;
  return { url: url.origin, startedAt: startedAt.toISOString(), ms: Date.now() - startedAt.getTime(), counts, results };
}

/** The worst severity among the findings given, or the check's own. */
export function worstSeverity(check: Pick<Check, 'severity'>, findings: readonly Finding[]): Severity {
  const all = findings.map((finding) => finding.severity ?? check.severity);
  return all.sort(compareSeverity)[0] ?? check.severity;
}

/** Exit code of a report. */
export type ExitCode = 0 | 1;

/**
 * 1 when a check failed at or above `failOn`, or one could not be carried out: what was not seen is not good, however little it would weigh;
 * else 0.
 */
export function exitCodeOf(report: Report, failOn: FailOn = 'high'): ExitCode {
  if (report.results.some(({ status }) => status === 'error')) return 1;
  if (failOn === 'never') return 0;
  const bad = report.results.filter(({ status }) => status === 'fail');
  return bad.some(({ severity }) => compareSeverity(severity, failOn) <= 0) ? 1 : 0;
}
