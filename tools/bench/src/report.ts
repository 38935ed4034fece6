// The report, as data and as Markdown.
import type { Summary } from './statistics.ts';

/** One server under one method. */
export interface Row {
  readonly server: string;
  readonly method: 'GET' | 'POST';
  /** Server CPU a request, in µs. */
  readonly cpuMicros: Summary;
  /** Share of raw node:https kept, 1 = all. */
  readonly keptOfRaw: Summary;
  /** Process start to first answer, in ms; one sample, with the TypeScript loader where run from source. */
  readonly startMs: number;
  /** Resident memory after the last round, in MiB. */
  readonly rssMiB: number;
}

export interface Report {
  readonly node: string;
  readonly rounds: number;
  readonly requestsPerRound: number;
  readonly connections: number;
  readonly rows: readonly Row[];
  /** Servers that could not be measured, with the reason. */
  readonly skipped: Readonly<Record<string, string>>;
}

/** The report for people. */
export function markdown(report: Report): string {
  const { node, rounds, requestsPerRound, connections, rows, skipped } = report;
  return [
    `Node.js ${node}, ${rounds} interleaved rounds of ${requestsPerRound} requests, ${connections} keep-alive connections, TLS 1.3, P-256.`,
    '',
    '| server | method | CPU µs a request (range) | of raw (range) | start ms | RSS MiB |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(line),
    ...Object.entries(skipped).map(([server, reason]) => `\nNot measured: ${server}: ${reason}`),
    '',
  ].join('\n');
}

function line(row: Row): string {
  const micros = range(row.cpuMicros, 1, 1);
  return `| ${row.server} | ${row.method} | ${micros} | ${range(row.keptOfRaw, 100, 0)} % | ${row.startMs.toFixed(0)} | ${row.rssMiB.toFixed(0)} |`;
}

function range({ median, min, max }: Summary, scale: number, digits: number): string {
  const [a, b, c] = [median, min, max].map((value) => (value * scale).toFixed(digits));
  return `${a} (${b}–${c})`;
}
