// The report for people: one line a check, what is wrong below it, and how to mend it; at most 80 columns wide.
import type { CheckResult, CheckStatus, Report } from '../conformance.report.ts';

const WIDTH = 80;
const MARK: Readonly<Record<CheckStatus, string>> = { pass: 'ok', fail: 'FAIL', skipped: 'skip', error: 'ERROR' };
const COLOUR: Readonly<Record<CheckStatus, number>> = { pass: 32, fail: 31, skipped: 33, error: 35 };
const INDENT = ' '.repeat(7);

/** Text for a terminal, with colour only when asked for. */
export function tableReport(report: Report, options: { readonly colour?: boolean } = {}): string {
  const paint = (text: string, code: number) => (options.colour ? `\u001b[${code}m${text}\u001b[39m` : text);
  const idWidth = Math.max(...report.results.map(({ id }) => id.length));
  const lines = report.results.flatMap((result, index, all) => [
    `${paint(MARK[result.status].padEnd(6), COLOUR[result.status])} ${firstLine(result, idWidth)}`,
    // one reason for a row of skipped checks is said once, below the last
    ...(result.status === 'skipped' && all[index + 1]?.reason === result.reason ? [] : details(result)),
  ]);
  return [`Conformance of ${report.url}`, '', ...lines, '', totals(report)].join('\n');
}

function firstLine({ id, title, status, severity }: CheckResult, idWidth: number): string {
  const grave = status === 'fail' || status === 'error' ? ` [${severity}]` : '';
  const text = `${id.padEnd(idWidth)} ${title}`;
  const room = WIDTH - INDENT.length - grave.length;
  return `${text.length > room ? `${text.slice(0, room - 1)}…` : text}${grave}`;
}

function details({ status, findings, reason, notes = [], remedy, control }: CheckResult): string[] {
  if (status === 'pass') return notes.flatMap(wrap);
  if (status === 'skipped') return wrap(reason ?? '');
  if (status === 'error') return wrap(`the check could not be carried out: ${reason}`);
  return [
    ...findings.flatMap(({ message, evidence }) => [
      ...wrap(`- ${message}`),
      ...(evidence ? wrap(`  seen: ${evidence}`) : []),
    ]),
    ...notes.flatMap(wrap),
    ...wrap(`remedy: ${remedy} (${control.join(', ')})`),
  ];
}

function totals({ counts, ms }: Report): string {
  const parts = [
    `${counts.pass} passed`,
    `${counts.fail} failed`,
    `${counts.skipped} skipped`,
    `${counts.error} errors`,
  ];
  return `${parts.join(', ')} in ${(ms / 1000).toFixed(1)} s`;
}

/** Breaks at spaces; what an answer contained is shown without its control characters. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line && INDENT.length + line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].filter(Boolean).flatMap((part) => chunks(part).map((piece) => INDENT + piece));
}

function chunks(text: string): string[] {
  const size = WIDTH - INDENT.length;
  return text.length <= size ? [text] : [text.slice(0, size), ...chunks(text.slice(size))];
}

/** A hostile service must not draw on the terminal of who tests it. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ');
}
