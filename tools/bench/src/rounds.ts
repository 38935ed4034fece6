// Rounds in which each server takes its turn, so that a neighbour's noise falls on all of them; every other round the other way about, so that
// none has always the same one before it.
import type { BenchSession, Progress } from './bench.session.ts';
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
  /** Answers a second, round by round. */
  readonly perSecond: Record<Method, number[]>;
}

/** @param before what was played already: the new rounds are added to it, and nothing has to warm up */
export async function playRounds(
  session: BenchSession,
  subjects: readonly Subject[],
  options: BenchOptions,
  progress: Progress = session.progress,
  before?: readonly Played[],
): Promise<Played[]> {
  const played = subjects.map((_, index) => structuredClone(before?.[index]) ?? nothingPlayed());
  const first = before?.[0]?.GET.length ?? -WARM_UP_ROUNDS;
  const end = Math.max(first, 0) + options.rounds;
  for (let round = first; round < end; round++) {
    progress(round < 0 ? 'warming up' : `round ${round + 1} of ${end}`);
    for (const method of METHODS) {
      const turns = [...subjects.entries()];
      for (const [index, subject] of round % 2 === 0 ? turns : turns.reverse()) {
        const own = played[index] as Played;
        const { micros, rssBytes, perSecond } = await measure(session, subject, method, options);
        own.loadBytes = Math.max(own.loadBytes, rssBytes);
        if (round < 0) continue;
        own[method].push(micros);
        own.perSecond[method].push(perSecond);
      }
    }
  }
  return played;
}

/**
 * Plays once, and once more while there are doubts, at most `more` times.
 * @param play adds its rounds to those before
 */
export async function playUntilSure(
  play: (before?: readonly Played[]) => Promise<readonly Played[]>,
  doubts: (played: readonly Played[]) => readonly string[],
  more: number,
  progress: Progress,
): Promise<readonly Played[]> {
  let played = await play();
  for (let left = more; left > 0; left -= 1) {
    const open = doubts(played);
    if (open.length === 0) break;
    progress(`in doubt, so as many rounds once more: ${open.join('; ')}`);
    played = await play(played);
  }
  return played;
}

const nothingPlayed = (): Played => ({ GET: [], POST: [], loadBytes: 0, perSecond: { GET: [], POST: [] } });

async function measure(
  session: BenchSession,
  { at, calls, usage }: Subject,
  method: Method,
  { requestsPerRound: requests, connections }: BenchOptions,
): Promise<{ micros: number; rssBytes: number; perSecond: number }> {
  const before = await usage();
  const begin = performance.now();
  await session.load({ ...at, call: calls[method], requests, connections });
  const perSecond = (requests * 1_000) / (performance.now() - begin);
  const after = await usage();
  return { micros: (after.cpuMicros - before.cpuMicros) / requests, rssBytes: after.rssBytes, perSecond };
}
