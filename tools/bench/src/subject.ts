// What is measured: a server that listens, and tells what it has used.
import type { Call, Listening, Usage } from './child.protocol.ts';

export const METHODS = ['GET', 'POST'] as const;

/** One of {@link METHODS}. */
export type Method = (typeof METHODS)[number];

export interface Subject {
  readonly name: string;
  readonly at: Listening;
  /** Start of the process to the first answer, in milliseconds. */
  readonly startMs: number;
  /** Resident memory after the first answer, in bytes. */
  readonly restBytes: number;
  readonly calls: Readonly<Record<Method, Call>>;
  usage(): Promise<Usage>;
}
