// How long to wait after a failure: longer each time and never at the same moment as others. Let's Encrypt allows five failed
// validations an hour for a name; a vault is back within seconds.

/** See {@link backOff}. */
export interface BackOffOptions {
  readonly firstMs: number;
  readonly mostMs: number;
  /** Not before this long, where the CA said so. */
  readonly retryAfterMs?: number;
}

/** @param failures in a row, 1 and more; @returns milliseconds, between half and the whole of a time that triples */
export function backOff(failures: number, { firstMs, mostMs, retryAfterMs = 0 }: BackOffOptions): number {
  const whole = Math.min(mostMs, firstMs * 3 ** Math.min(20, failures - 1));
  return Math.max(Math.min(retryAfterMs, DAY_MS), whole * (0.5 + Math.random() / 2));
}

const DAY_MS = 86_400_000;
