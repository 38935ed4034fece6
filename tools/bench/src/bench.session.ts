// What a run has in common: a folder, a certificate, the load, and every process that it started; all of it gone at the end.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate, type Certificate } from './certificate.ts';
import { Child } from './child.ts';
import type { Call, Handshakes, Listening, Round, Usage } from './child.protocol.ts';
import { NOTE_CALLS } from './sample.ts';
import type { Method, Subject } from './subject.ts';

/** Says where a run is; one short line. */
export type Progress = (line: string) => void;

/** Exit codes of a run that was ended. */
const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

export class BenchSession {
  readonly #stops: (() => Promise<unknown>)[] = [];
  readonly #load: Child;

  private constructor(
    readonly folder: string,
    readonly certificate: Certificate,
    readonly progress: Progress,
  ) {
    this.#load = this.fork('load.process');
  }

  /** Runs `work`, then ends every process and removes the folder; also when somebody ends the run. */
  static async run<T>(progress: Progress, work: (session: BenchSession) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
    const session = new BenchSession(folder, await makeCertificate(), progress);
    // a terminal and whoever stands between say the same more than once: all but the first are heard and change nothing
    let ending: Promise<void> | undefined;
    const interrupted = (signal: NodeJS.Signals): void => {
      ending ??= session.#end().finally(() => process.exit(SIGNALS[signal]));
    };
    for (const signal of Object.keys(SIGNALS)) process.on(signal, interrupted);
    try {
      return await work(session);
    } finally {
      await ending;
      for (const signal of Object.keys(SIGNALS)) process.removeListener(signal, interrupted);
      await session.#end();
    }
  }

  async #end(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop().catch(() => undefined)));
    await rm(this.folder, { recursive: true, force: true });
  }

  /** @param stop called at the end of the run */
  onEnd(stop: () => Promise<unknown>): void {
    this.#stops.push(stop);
  }

  fork(file: string): Child {
    const child = new Child(file);
    this.onEnd(() => child.stop());
    return child;
  }

  /** @throws Error when an answer is not what it must be */
  load(order: Round | Handshakes): Promise<boolean> {
    return this.#load.ask<boolean>(order);
  }

  /** One of servers/, in a process of its own. */
  async start(name: string, file: string, steps?: readonly string[]): Promise<Subject> {
    const begin = performance.now();
    const child = this.fork(`servers/${file}`);
    const at = await child.ask<Listening>({ start: { ...this.certificate, folder: join(this.folder, name), steps } });
    const usage = (): Promise<Usage> => child.ask<Usage>('usage');
    return this.answering({ name, at, calls: NOTE_CALLS, usage }, begin);
  }

  /** A subject that has answered its first request. */
  async answering(
    subject: Omit<Subject, 'startMs' | 'restBytes'> & { calls: Record<Method, Call> },
    begin: number,
  ): Promise<Subject> {
    await this.load({ ...subject.at, call: subject.calls.GET, requests: 1, connections: 1 });
    const startMs = performance.now() - begin;
    return { ...subject, startMs, restBytes: (await subject.usage()).rssBytes };
  }
}
