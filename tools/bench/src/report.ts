// The report, as data and as Markdown.
import { markdownTable } from './markdown.table.ts';
import type { BenchOptions } from './rounds.ts';
import type { Summary } from './statistics.ts';
import type { Method } from './subject.ts';

/** One server under one method. */
export interface Row {
  readonly server: string;
  readonly method: Method;
  /** Server CPU a request, in µs. */
  readonly cpuMicros: Summary;
  /** Share of raw node:https kept, 1 = all; absent where the question is another one. */
  readonly keptOfRaw?: Summary;
  /** Process start to first answer, in ms; one sample, with the TypeScript loader unless the server is built. */
  readonly startMs: number;
  /** Resident memory after the first answer, in MB (1e6 bytes). */
  readonly restMB: number;
  /** Resident memory when it was highest at the end of a round, in MB. */
  readonly loadMB: number;
}

export interface Report extends BenchOptions {
  readonly node: string;
  readonly rows: readonly Row[];
  /** What is kept with the journal of the path without it, 1 = all: answers a second, and answers for the same CPU. */
  readonly keptWithJournal?: Readonly<Record<Method, { readonly throughput: Summary; readonly cpu: Summary }>>;
  /** Servers that could not be measured, with the reason. */
  readonly skipped: Readonly<Record<string, string>>;
}

/** The report for people. */
export function markdown(report: Report): string {
  const { node, rounds, requestsPerRound, connections, rows, keptWithJournal: kept, skipped } = report;
  return [
    `Node.js ${node}: ${rounds} interleaved rounds of ${requestsPerRound} requests,`,
    `${connections} keep-alive connections, TLS 1.3, P-256. CPU of the server a request;`,
    'start to first answer in ms; MB at rest and under load.',
    '',
    ...markdownTable(['server', 'verb', 'CPU µs (range)', '% of raw', 'start', 'rest', 'load'], rows.map(cells)),
    ...(kept ? ['', 'With its journal it keeps of what it does without, in %:', '', ...journal(kept)] : []),
    ...Object.entries(skipped).map(([server, reason]) => `\nNot measured: ${server}: ${reason}`),
    '',
  ].join('\n');
}

function journal(kept: NonNullable<Report['keptWithJournal']>): string[] {
  const line = (what: 'throughput' | 'cpu') =>
    `GET ${range(kept.GET[what], 100, 0)}, POST ${range(kept.POST[what], 100, 0)}`;
  return [`- answers a second: ${line('throughput')}`, `- answers for the same CPU: ${line('cpu')}`];
}

function cells({ server, method, cpuMicros, keptOfRaw, startMs, restMB, loadMB }: Row): string[] {
  const kept = keptOfRaw ? range(keptOfRaw, 100, 0) : '–';
  return [server, method, range(cpuMicros, 1, 0), kept, ...[startMs, restMB, loadMB].map((value) => value.toFixed(0))];
}

function range({ median, min, max }: Summary, scale: number, digits: number): string {
  const [a, b, c] = [median, min, max].map((value) => (value * scale).toFixed(digits));
  return `${a} (${b}–${c})`;
}
