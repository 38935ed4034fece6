// What a new connection costs: full and resumed TLS 1.3 handshakes, each with one request, against raw node:https and nginx.
import { BenchSession, type Progress } from './bench.session.ts';
import { startNginx } from './nginx.subject.ts';
import { markdownTable } from './markdown.table.ts';
import { PATH } from './sample.ts';
import { summarise, type Summary } from './statistics.ts';
import type { Subject } from './subject.ts';

export interface HandshakeOptions {
  readonly rounds: number;
  readonly handshakes: number;
  readonly connections: number;
}

export const HANDSHAKES: HandshakeOptions = { rounds: 7, handshakes: 600, connections: 16 };

/** One server, with full or resumed handshakes. */
export interface HandshakeRow {
  readonly server: string;
  readonly resumed: boolean;
  /** Server CPU a connection with one request, in µs. */
  readonly cpuMicros: Summary;
  /** Connections a second that one core could take: 1e6 / µs. The load shares the machine, so the clock would say less. */
  readonly perSecondAndCore: number;
}

export interface HandshakeReport {
  readonly rows: readonly HandshakeRow[];
  readonly skipped: Readonly<Record<string, string>>;
}

export function runHandshakes(
  options: HandshakeOptions = HANDSHAKES,
  progress: Progress = () => undefined,
): Promise<HandshakeReport> {
  return BenchSession.run(progress, async (session) => {
    const subjects = [await session.start('raw', 'raw.server'), await session.start('gatehouse', 'gatehouse.server')];
    const skipped: Record<string, string> = {};
    await startNginx(session).then(
      (subject) => subjects.push(subject),
      (error: Error) => (skipped.nginx = error.message),
    );
    const kinds = subjects.flatMap((subject) =>
      [false, true].map((resumed) => ({ subject, resumed, micros: [] as number[] })),
    );
    for (let round = -1; round < options.rounds; round++) {
      progress(round < 0 ? 'warming up' : `round ${round + 1} of ${options.rounds}`);
      for (const { subject, resumed, micros } of kinds) {
        const cost = await measure(session, subject, resumed, options);
        if (round >= 0) micros.push(cost);
      }
    }
    const rows = kinds.map(({ subject, resumed, micros }) => {
      const cpuMicros = summarise(micros);
      return { server: subject.name, resumed, cpuMicros, perSecondAndCore: Math.round(1e6 / cpuMicros.median) };
    });
    return { rows, skipped };
  });
}

async function measure(
  session: BenchSession,
  { at, usage }: Subject,
  resumed: boolean,
  { handshakes, connections }: HandshakeOptions,
): Promise<number> {
  const before = await usage();
  await session.load({ ...at, handshakes, connections, path: PATH, resumed });
  return ((await usage()).cpuMicros - before.cpuMicros) / handshakes;
}

/** The table for people. */
export function handshakesMarkdown({ rows, skipped }: HandshakeReport): string {
  return [
    'One connection with one request, TLS 1.3, P-256.',
    '',
    ...markdownTable(
      ['server', 'handshake', 'CPU µs (range)', 'a second and core'],
      rows.map(({ server, resumed, cpuMicros: { median, min, max }, perSecondAndCore }) => [
        server,
        resumed ? 'resumed' : 'full',
        `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`,
        String(perSecondAndCore),
      ]),
    ),
    ...Object.entries(skipped).map(([server, reason]) => `\nNot measured: ${server}: ${reason}`),
    '',
  ].join('\n');
}
