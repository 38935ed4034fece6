// The facts of an audit for people, below the table of checks.
import { tableReport } from '../reporters/table.reporter.ts';
import type { TlsAuditReport, TlsFacts } from './tls.audit.ts';

/** The table of checks, then what the port agrees to; at most 80 columns wide. */
export function auditTableReport(report: TlsAuditReport, options: { readonly colour?: boolean } = {}): string {
  const table = tableReport(report, options).replace('Conformance of', 'TLS audit of');
  return report.facts ? `${table}\n\n${factLines(report.facts).join('\n')}` : table;
}

function factLines({ suites, groups, preferredGroup, certificate, alpn, resumption }: TlsFacts): string[] {
  const lines: [string, readonly string[]][] = [
    ...Object.entries(suites).map(([version, names]): [string, readonly string[]] => [version, names]),
    ['groups', groups],
    ['preferred group', [preferredGroup ?? '–']],
    ['ALPN', alpn],
    ['resumption', Object.entries(resumption).map(([version, resumed]) => `${version} ${sayResumed(resumed)}`)],
  ];
  if (certificate) {
    const { names, issuer, key, validFrom, validTo } = certificate;
    lines.push([
      'certificate',
      [names, `${key} key`, `by ${issuer}`, `${validFrom.slice(0, 10)} to ${validTo.slice(0, 10)}`],
    ]);
  }
  return lines.flatMap(([name, values]) => values.map((value, index) => line(index === 0 ? name : '', value)));
}

function sayResumed(resumed: boolean | undefined): string {
  if (resumed === undefined) return 'not spoken';
  return resumed ? 'yes' : 'no';
}

function line(name: string, value: string): string {
  const text = `${name.padEnd(16)} ${value.replaceAll(/\p{C}+/gu, ' ')}`;
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
