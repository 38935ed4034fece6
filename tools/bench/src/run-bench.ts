// One run: every server up, then rounds. Raw node:https is the measure; without it there is no report.
import { BenchSession, type Progress } from './bench.session.ts';
import { startApi, startBuilt } from './built.subject.ts';
import type { Report, Row } from './report.ts';
import { requestPath } from '@gatehouse/service/testing/steps';
import { BUILT, doubtfulBudgets, UNAUDITED } from './guard.ts';
import { playRounds, playUntilSure, type BenchOptions, type Played } from './rounds.ts';
import { keptOf, summarise } from './statistics.ts';
import { METHODS, type Method, type Subject } from './subject.ts';

export interface RunOptions extends BenchOptions {
  /** Whether the reference API and its database are measured too. */
  readonly api: boolean;
  /**
   * How often as many rounds are added while a budget is broken that they may mend; the verdict is over all of them. The median of nine rounds
   * of a shared machine lies 5 % beside that of many.
   */
  readonly moreOnDoubt: number;
}

export const FULL: RunOptions = { rounds: 9, requestsPerRound: 6_000, connections: 64, api: true, moreOnDoubt: 0 };
export const QUICK: RunOptions = { ...FULL, api: false, moreOnDoubt: 2 };

/** Every step of the path but the journal, whose price stands between the two rows. */
const unaudited = requestPath
  .filter(({ name, planned }) => name !== 'connection' && name !== 'audit' && !planned)
  .map(({ name }) => name);

type Start = (session: BenchSession) => Promise<Subject>;

const ALWAYS: Record<string, Start> = {
  raw: (session) => session.start('raw', 'raw.server'),
  nest: (session) => session.start('nest', 'nest.server'),
  gatehouse: (session) => session.start('gatehouse', 'gatehouse.server'),
  [UNAUDITED]: (session) => session.start(UNAUDITED, 'gatehouse.server', unaudited),
  [BUILT]: startBuilt,
};

/** @throws Error when raw node:https cannot be measured, or a server answers something else than the bytes asked for */
export function runBench(
  { api, moreOnDoubt, ...options }: RunOptions,
  progress: Progress = () => undefined,
): Promise<Report> {
  return BenchSession.run(progress, async (session) => {
    const subjects: Subject[] = [];
    const skipped: Record<string, string> = {};
    const starts = api ? { ...ALWAYS, 'reference API': startApi } : ALWAYS;
    for (const [name, start] of Object.entries(starts)) {
      session.progress(`starting ${name}`);
      // One after the other: two that start at once would slow each other's time to the first answer.
      await start(session).then(
        (subject) => subjects.push(subject),
        (error: Error) => (skipped[name] = error.message),
      );
    }
    if (skipped.raw) throw new Error(`raw node:https cannot be measured: ${skipped.raw}`);
    const report = (played: readonly Played[]): Report => ({
      node: process.versions.node,
      ...options,
      rounds: played[0]?.GET.length ?? 0,
      rows: toRows(subjects, played),
      keptWithJournal: keptWithJournal(subjects, played),
      skipped,
    });
    const play = (before?: readonly Played[]) => playRounds(session, subjects, options, session.progress, before);
    const doubts = (played: readonly Played[]) => doubtfulBudgets(report(played));
    return report(await playUntilSure(play, doubts, moreOnDoubt, session.progress));
  });
}

/** Round by round, against the same path without it; undefined when one of the two was not measured. */
function keptWithJournal(subjects: readonly Subject[], played: readonly Played[]): Report['keptWithJournal'] {
  const [without, with_] = [UNAUDITED, 'gatehouse'].map(
    (name) => played[subjects.findIndex((own) => own.name === name)],
  );
  if (!without || !with_) return undefined;
  const kept = (method: Method) => ({
    throughput: keptOf(with_.perSecond[method], without.perSecond[method]),
    cpu: keptOf(without[method], with_[method]),
  });
  return { GET: kept('GET'), POST: kept('POST') };
}

/** The first subject is the measure. Another question, such as one to a database, has no share of it. */
function toRows(subjects: readonly Subject[], played: readonly Played[]): Row[] {
  const [raw, measure] = [subjects[0] as Subject, played[0] as Played];
  const rows: Row[] = [];
  for (const [index, { name, calls, startMs, restBytes }] of subjects.entries()) {
    const own = played[index] as Played;
    for (const method of METHODS) {
      const isSame = calls[method] === raw.calls[method];
      const keptOfRaw = isSame ? keptOf(measure[method], own[method]) : undefined;
      rows.push({
        server: name,
        method,
        cpuMicros: summarise(own[method]),
        keptOfRaw,
        startMs,
        restMB: restBytes / 1e6,
        loadMB: own.loadBytes / 1e6,
      });
    }
  }
  return rows;
}
