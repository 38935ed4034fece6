// What a client has done, in plain numbers that only grow, so that metrics can take them as they are.
import type { PinsSnapshot } from './pins/host.pins.ts';

export interface ClientCounters {
  /** Calls begun, without their retries and redirects. */
  calls: number;
  /** Answers by class: `2xx` … `5xx`. */
  readonly answers: Record<string, number>;
  /** Calls that ended in an error, by its code. */
  readonly failures: Record<string, number>;
  retries: number;
  redirects: number;
  connectionsOpened: number;
  /** Of bodies, as they were sent. */
  receivedBytes: number;
  /** Time of all ended calls together. */
  callSeconds: number;
}

/** See {@link HttpClient.snapshot}. */
export interface HttpClientSnapshot {
  readonly name: string;
  readonly counters: Readonly<ClientCounters>;
  readonly hosts: readonly {
    /** `host:port`. */
    readonly host: string;
    readonly running: number;
    readonly waiting: number;
    /** Open now. */
    readonly connections: number;
    readonly pins?: PinsSnapshot;
  }[];
}

export const newCounters = (): ClientCounters => ({
  calls: 0,
  answers: {},
  failures: {},
  retries: 0,
  redirects: 0,
  connectionsOpened: 0,
  receivedBytes: 0,
  callSeconds: 0,
});

export const count = (record: Record<string, number>, key: string): void => void (record[key] = (record[key] ?? 0) + 1);
