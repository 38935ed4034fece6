// The report as SARIF 2.1.0 (OASIS), which code hosts show beside the findings of static analysis.
import type { Severity } from '../check.ts';
import type { CheckResult, Report } from '../conformance.report.ts';

const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
};
/** What code hosts sort by (GitHub: "security-severity", CVSS-like). */
const SCORE: Readonly<Record<Severity, string>> = { critical: '9.5', high: '8.0', medium: '5.5', low: '2.0' };

/** SARIF as text; one rule a check, one result a finding, and one for each check that could not be carried out. */
export function sarifReport(report: Report, tool = 'gatehouse-conform'): string {
  const rules = report.results.map(({ id, title, remedy, control, severity }) => ({
    id,
    shortDescription: { text: title },
    help: { text: `${remedy} (${control.join(', ')})` },
    properties: { tags: ['security', ...control], 'security-severity': SCORE[severity] },
  }));
  const run = {
    tool: { driver: { name: tool, informationUri: 'https://www.rfc-editor.org/rfc/rfc9325', rules } },
    invocations: [{ executionSuccessful: report.counts.error === 0, startTimeUtc: report.startedAt }],
    results: report.results.flatMap((result) => resultsOf(result, report.url)),
  };
  const schema = 'https://json.schemastore.org/sarif-2.1.0.json';
  return `${JSON.stringify({ $schema: schema, version: '2.1.0', runs: [run] }, undefined, 2)}\n`;
}

function resultsOf({ id, status, severity, findings, reason, remedy }: CheckResult, url: string) {
  const locations = [
    { physicalLocation: { artifactLocation: { uri: url } }, logicalLocations: [{ fullyQualifiedName: url }] },
  ];
  if (status === 'error') {
    return [{ ruleId: id, level: LEVEL[severity], message: { text: `not carried out: ${reason}` }, locations }];
  }
  return findings.map((finding) => ({
    ruleId: id,
    level: LEVEL[finding.severity ?? severity],
    message: { text: `${finding.message}. Remedy: ${remedy}.` },
    locations,
    partialFingerprints: { 'gatehouse/v1': `${id}:${url}` },
  }));
}
