// A run of the suite on a live service.
import { CHECKS } from './check.registry.ts';
import { runChecks } from './check.runner.ts';
import type { Check } from './check.ts';
import { commandServes } from './command.opening.ts';
import { ConformanceInputError } from './conformance.error.ts';
import type { ConformanceOptions } from './conformance.options.ts';
import { makeReport, type CheckResult, type Report } from './conformance.report.ts';
import type { SuiteProcess } from './process/suite.process.ts';
import { answersHttp, withTarget } from './target.opening.ts';
import type { Target } from './target.ts';

/**
 * Runs the suite against a live service.
 * @param early the process for the checks that look at one, where it was started before: it is ended here
 * @throws {ConformanceInputError} when the options are wrong, the CA file is none, the command serves nothing, or the service cannot be
 * reached or answers nothing
 * @example const report = await runConformance({ url: 'https://localhost:8443', caFile: '.gatehouse/ca/ca.pem' });
 */
export async function runConformance(
  input: ConformanceOptions,
  onProgress: (result: CheckResult) => void = () => undefined,
  early?: Promise<SuiteProcess>,
): Promise<Report> {
  const startedAt = new Date();
  const checks = selectChecks(CHECKS, input.only);
  const run = async (target: Target) => {
    await answersHttp(target);
    if (!early && checks.some(({ needs }) => needs)) await commandServes(target);
    return makeReport(target.url, startedAt, await runChecks(checks, target, onProgress));
  };
  return withTarget(input, run, early);
}

/** The checks named, in their own order; all without names. */
export function selectChecks(all: readonly Check[], only: readonly string[] | undefined): readonly Check[] {
  if (!only) return all;
  const unknown = only.find((id) => !all.some((check) => check.id === id));
  if (unknown !== undefined) {
    throw new ConformanceInputError(
      `there is no check "${unknown}"`,
      `the checks are: ${all.map(({ id }) => id).join(', ')}`,
    );
  }
  return all.filter(({ id }) => only.includes(id));
}
