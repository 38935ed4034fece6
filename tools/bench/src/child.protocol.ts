// What the processes of a run tell each other over their IPC channel. Server and load are processes of their own, so that the CPU
// of one is never counted as the other's.
import type { Certificate } from './certificate.ts';

/** What a server process is told before it listens. */
export interface StartOrder extends Certificate {
  /** A folder of its own, which the parent removes when the process has ended. */
  readonly folder: string;
  /** Steps of the request path; all of them when left out. */
  readonly steps?: readonly string[];
}

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** PEM of the CA to trust. */
  readonly ca: string;
}

/** What a server process has used so far. */
export interface Usage {
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

/** A request and the answer that it must get. Paths and bodies take turns. */
export interface Call {
  readonly method: 'GET' | 'POST';
  readonly paths: readonly string[];
  readonly bodies?: readonly string[];
  /** Access tokens; they take turns with the paths and bodies. */
  readonly tokens?: readonly string[];
  /** A header that has another value in each request. */
  readonly freshHeader?: string;
  readonly status: number;
  /** The whole body of the answer; unchecked when left out. */
  readonly text?: string;
}

/** One round for the load process. */
export interface Round extends Listening {
  readonly call: Call;
  readonly requests: number;
  readonly connections: number;
}

/** Handshakes for the load process, each with one request. */
export interface Handshakes extends Listening {
  readonly handshakes: number;
  readonly connections: number;
  readonly path: string;
  readonly resumed: boolean;
}

export type Reply<T> = { readonly value: T } | { readonly error: string };

/** Answers each message of the parent by `handle`; ends with the parent. */
export function serveParent<Q, A>(handle: (question: Q) => Promise<A> | A): void {
  process.on('message', (question: Q) => {
    Promise.resolve(question)
      .then(handle)
      .then(
        (value) => process.send?.({ value } satisfies Reply<A>),
        (error: unknown) => process.send?.({ error: String((error as Error).message ?? error) } satisfies Reply<A>),
      );
  });
  process.on('disconnect', () => process.exit(0));
}
