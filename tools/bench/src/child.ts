// A process of the run: asked over IPC, bounded in time, and always ended by the one who started it.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Reply } from './child.protocol.ts';

const ANSWER_WITHIN_MS = 180_000;

export class Child {
  readonly #process: ChildProcess;
  #stderr = '';

  /** @param file below src/, without its extension */
  constructor(file: string) {
    const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
    this.#process = fork(fileURLToPath(new URL(`./${file}${extension}`, import.meta.url)), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.on('data', (chunk) => (this.#stderr = (this.#stderr + String(chunk)).slice(-2_000)));
  }

  /** @throws Error with what the process said, or that it ended or gave no answer in time */
  async ask<A>(question: unknown): Promise<A> {
    const timeout = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const settled = new AbortController();
    const signal = AbortSignal.any([timeout, settled.signal]);
    const answer = once(this.#process, 'message', { signal }).then(([reply]) => reply as Reply<A>);
    const end = once(this.#process, 'exit', { signal }).then((): Reply<A> => ({ error: this.#lastWords() }));
    end.catch(() => undefined);
    answer.catch(() => undefined);
    if (this.#process.connected) this.#process.send(question as object);
    try {
      const reply = await Promise.race([answer, end]);
      if ('error' in reply) throw new Error(reply.error);
      return reply.value;
    } catch (error) {
      throw timeout.aborted ? new Error(`no answer within ${ANSWER_WITHIN_MS} ms`) : error;
    } finally {
      settled.abort();
    }
  }

  /** Ends the process and returns when it is gone. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  /** The line that names the error, of all that the process wrote. */
  #lastWords(): string {
    const lines = this.#stderr.split('\n').filter((text) => /Error\b/.test(text));
    return `the process ended: ${lines[0]?.trim() ?? 'it said nothing'}`;
  }
}
