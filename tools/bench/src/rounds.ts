// Rounds in which each server takes its turn, so that a neighbour's noise falls on all of them.
import type { BenchSession } from './bench.session.ts';
import { METHODS, type Method, type Subject } from './subject.ts';

/** All bounded: a run is (rounds + warm-up) × requests × methods × servers. */
export interface BenchOptions {
  readonly rounds: number;
  readonly requestsPerRound: number;
  readonly connections: number;
}

/** The compiler has seen every path before anything counts. */
const WARM_UP_ROUNDS = 4;

/** CPU µs a request, round by round. */
export type Micros = Record<Method, number[]>;

export async function playRounds(
  session: BenchSession,
  subjects: readonly Subject[],
  options: BenchOptions,
): Promise<Micros[]> {
  const micros = subjects.map((): Micros => ({ GET: [], POST: [] }));
  for (let round = -WARM_UP_ROUNDS; round < options.rounds; round++) {
    session.progress(round < 0 ? 'warming up' : `round ${round + 1} of ${options.rounds}`);
    for (const method of METHODS) {
      for (const [index, subject] of subjects.entries()) {
        const cost = await measure(session, subject, method, options);
        if (round >= 0) micros[index]?.[method].push(cost);
      }
    }
  }
  return micros;
}

async function measure(
  session: BenchSession,
  { at, calls, usage }: Subject,
  method: Method,
  { requestsPerRound: requests, connections }: BenchOptions,
): Promise<number> {
  const before = await usage();
  await session.load({ ...at, call: calls[method], requests, connections });
  const after = await usage();
  return (after.cpuMicros - before.cpuMicros) / requests;
}
