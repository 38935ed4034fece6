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

/** What a server used. */
export interface Played extends Micros {
  /** Resident memory when it was highest at the end of a round, the warm-up included, in bytes. */
  loadBytes: number;
}

export async function playRounds(
  session: BenchSession,
  subjects: readonly Subject[],
  options: BenchOptions,
): Promise<Played[]> {
  const played = subjects.map((): Played => ({ GET: [], POST: [], loadBytes: 0 }));
  for (let round = -WARM_UP_ROUNDS; round < options.rounds; round++) {
    session.progress(round < 0 ? 'warming up' : `round ${round + 1} of ${options.rounds}`);
    for (const method of METHODS) {
      for (const [index, subject] of subjects.entries()) {
        const own = played[index] as Played;
        const { micros, rssBytes } = await measure(session, subject, method, options);
        own.loadBytes = Math.max(own.loadBytes, rssBytes);
        if (round >= 0) own[method].push(micros);
      }
    }
  }
  return played;
}

async function measure(
  session: BenchSession,
  { at, calls, usage }: Subject,
  method: Method,
  { requestsPerRound: requests, connections }: BenchOptions,
): Promise<{ micros: number; rssBytes: number }> {
  const before = await usage();
  await session.load({ ...at, call: calls[method], requests, connections });
  const after = await usage();
  return { micros: (after.cpuMicros - before.cpuMicros) / requests, rssBytes: after.rssBytes };
}
