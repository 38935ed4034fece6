// What each step of the request path costs: servers that have one step more than the one before, measured in the same rounds.
import { requestPath } from '@gatehouse/service/testing/steps';
import { BenchSession, type Progress } from './bench.session.ts';
import { markdownTable } from './markdown.table.ts';
import { playRounds, type BenchOptions, type Micros } from './rounds.ts';
import { summarise, type Summary } from './statistics.ts';
import type { Subject } from './subject.ts';

export const STEPS: BenchOptions = { rounds: 11, requestsPerRound: 1_500, connections: 64 };

/** A step, and what it adds to a request, in µs of CPU. */
export interface StepCost {
  readonly step: string;
  readonly GET: Summary;
  readonly POST: Summary;
}

/** @returns the connection with the router and the handler first, then each step that does something, in order */
export function runSteps(options: BenchOptions = STEPS, progress: Progress = () => undefined): Promise<StepCost[]> {
  const names = requestPath.filter(({ name, planned }) => name !== 'connection' && !planned).map(({ name }) => name);
  return BenchSession.run(progress, async (session) => {
    const subjects: Subject[] = [];
    for (let count = 0; count <= names.length; count++) {
      session.progress(`starting with ${names[count - 1] ?? 'the connection alone'}`);
      subjects.push(await session.start(`steps-${count}`, 'gatehouse.server', names.slice(0, count)));
    }
    const micros = await playRounds(session, subjects, options);
    return ['connection, router, handler', ...names].map((step, index) => ({
      step,
      GET: added('GET', micros[index], micros[index - 1]),
      POST: added('POST', micros[index], micros[index - 1]),
    }));
  });
}

/** Round by round, because both sides of a round saw the same neighbours. */
function added(method: keyof Micros, own: Micros | undefined, before: Micros | undefined): Summary {
  return summarise((own?.[method] ?? []).map((micros, round) => micros - (before?.[method][round] ?? 0)));
}

/** The table for people. */
export function stepsMarkdown(costs: readonly StepCost[]): string {
  const cell = ({ median, min, max }: Summary): string =>
    `${median.toFixed(1)} (${min.toFixed(0)} to ${max.toFixed(0)})`;
  return [
    'CPU µs that each step adds to a request: median of the rounds (range).',
    '',
    ...markdownTable(
      ['step', 'GET', 'POST'],
      costs.map(({ step, GET, POST }) => [step, cell(GET), cell(POST)]),
    ),
    '',
  ].join('\n');
}
