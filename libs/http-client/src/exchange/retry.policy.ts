// When a call is made again: only what may be repeated, a bounded number of times, at random moments, and never so much that the
// repetitions themselves keep a struggling host down (RFC 9110 §9.2.2, §10.2.3).
import { AddressRefusedError, ConnectionFailedError, TimedOutError } from '../http-client.error.ts';
import type { HttpClientOptions } from '../http-client.options.ts';
import type { RequestParts } from './request.parts.ts';

const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];
const STATUSES = [429, 502, 503, 504];
const BUDGET_START = 10;
const BUDGET_PER_CALL = 0.2;

/** Whether the same request twice does what it does once: by its method, or because it carries an Idempotency-Key. */
export function isIdempotent({ method, headers }: RequestParts): boolean {
  return IDEMPOTENT.includes(method) || headers['idempotency-key'] !== undefined;
}

/** Whether an error may go away; one that says that nothing was sent may be retried whatever the request. */
export function isRetryable(error: unknown, idempotent: boolean): boolean {
  if (error instanceof AddressRefusedError) return false;
  if (error instanceof ConnectionFailedError) return !error.sent || idempotent;
  return error instanceof TimedOutError && error.phase !== 'total' && (idempotent || error.phase === 'connect');
}

export const isRetryableStatus = (status: number): boolean => STATUSES.includes(status);

/**
 * How long to wait before the next attempt, in milliseconds; undefined when the host asks for more than is waited.
 *
 * @param attempt 0 for the first retry
 * @param retryAfter the header: seconds or a date
 */
export function delayBefore(
  attempt: number,
  retryAfter: string | undefined,
  options: HttpClientOptions['retry'],
  now: number,
): number | undefined {
  const jitter = Math.random() * Math.min(options.maxDelayMs, options.baseDelayMs * 2 ** attempt);
  const asked = retryAfter === undefined ? undefined : retryAfterMs(retryAfter, now);
  if (asked === undefined) return jitter;
  // Somewhat later than asked: everybody was told the same moment.
  return asked > options.maxRetryAfterMs ? undefined : asked + jitter;
}

function retryAfterMs(text: string, now: number): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** One retry for five calls, and ten in reserve. */
export class RetryBudget {
  #left = BUDGET_START;

  earn(): void {
    this.#left = Math.min(BUDGET_START, this.#left + BUDGET_PER_CALL);
  }

  /** Whether another retry is affordable; then it is spent. */
  spend(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
