// The report as JUnit XML, which every CI server reads.
import type { CheckResult, Report } from '../conformance.report.ts';

/** One test suite with a test case for each check. */
export function junitReport(report: Report): string {
  const { counts, results, ms, startedAt, url } = report;
  const head =
    `<testsuite name="${escape(`conformance of ${url}`)}" tests="${results.length}" failures="${counts.fail}" ` +
    `errors="${counts.error}" skipped="${counts.skipped}" time="${seconds(ms)}" timestamp="${startedAt.replace(/\.\d+Z$/, '')}">`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...results.map(testCase), '</testsuite>', ''].join('\n');
}

function testCase(result: CheckResult): string {
  const { id, title, ms } = result;
  const open = `  <testcase classname="conformance" name="${escape(`${id}: ${title}`)}" time="${seconds(ms)}"`;
  const inner = outcome(result);
  return inner ? `${open}>${inner}</testcase>` : `${open}/>`;
}

function outcome({ status, severity, findings, reason, remedy, control }: CheckResult): string {
  if (status === 'pass') return '';
  if (status === 'skipped') return `<skipped message="${escape(reason ?? '')}"/>`;
  if (status === 'error') return `<error message="${escape(reason ?? '')}"/>`;
  const lines = findings.map(({ message, evidence }) => (evidence ? `${message}\n  seen: ${evidence}` : message));
  const text = [...lines, `remedy: ${remedy}`, `control: ${control.join(', ')}`].join('\n');
  return `<failure type="${severity}" message="${escape(findings[0]?.message ?? '')}">${escape(text)}</failure>`;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no form at all for most control characters, so they are dropped. */
function escape(text: string): string {
  return text.replaceAll(/[^\P{C}\n\t]/gu, '').replaceAll(/[&<>"]/g, (char) => ENTITIES[char]);
}
