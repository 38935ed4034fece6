// What each step of the request path costs: servers that have one step more than the one before, in turns with that one alone. A machine's
// pace drifts within seconds, by more than a step costs.
import { requestPath } from '@gatehouse/service/testing/steps';
import { BenchSession, type Progress } from './bench.session.ts';
import { markdownTable } from './markdown.table.ts';
import { playRounds, type BenchOptions, type Micros } from './rounds.ts';
import { summarise, type Summary } from './statistics.ts';
import type { Subject } from './subject.ts';

export const STEPS: BenchOptions = { rounds: 16, requestsPerRound: 800, connections: 64 };

const WARM_UP: BenchOptions = { ...STEPS, rounds: 1, requestsPerRound: 2_500 };

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
    const costs: StepCost[] = [];
    let before: Subject | undefined;
    for (const [count, step] of ['connection, router, handler', ...names].entries()) {
      session.progress(`${count + 1} of ${names.length + 1}: ${step}`);
      const own = await session.start(`steps-${count}`, 'gatehouse.server', names.slice(0, count));
      await playRounds(session, [own], WARM_UP, () => undefined); // as warm as the one before, which has played already
      const [last, first] = await playRounds(session, before ? [own, before] : [own], options, () => undefined);
      costs.push({ step, GET: added('GET', last, first), POST: added('POST', last, first) });
      before = own;
    }
    return costs;
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
