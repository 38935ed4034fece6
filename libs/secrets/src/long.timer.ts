// Timers for leases of hours or weeks. Node turns a delay of 2^31 ms or more into 1 ms, which makes a renewal of a 768 h token a
// tight loop against the vault: longer delays are waited for in parts.

/** The longest delay that setTimeout honours, in milliseconds. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** Share of the time to live after which a token or lease is renewed. */
const RENEW_AT = 2 / 3;
const JITTER = 0.1;

/** Calls `work` after `delayMs`, however long; never keeps the process alive. Returns what cancels it. */
export function after(delayMs: number, work: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (left: number) => {
    const part = Math.min(Math.max(left, 0), LONGEST_DELAY_MS);
    timer = setTimeout(() => (left > part ? wait(left - part) : work()), part).unref();
  };
  wait(Number.isFinite(delayMs) ? delayMs : LONGEST_DELAY_MS);
  return () => clearTimeout(timer);
}

/** When to renew what lives for `ttlMs`: at two thirds, up to a tenth earlier so that replicas do not call at once. */
export function renewalDelayMs(ttlMs: number, random: () => number = Math.random): number {
  return Math.max(100, ttlMs * RENEW_AT * (1 - JITTER * random()));
}

/** Exponential back-off with jitter, in milliseconds: 0.5 s doubled each time, at most `mostMs`. */
export function backOffMs(attempt: number, mostMs = 30_000, random: () => number = Math.random): number {
  return Math.min(mostMs, 500 * 2 ** Math.min(attempt, 16)) * (0.5 + random() / 2);
}

/** Resolves after `ms`, or at once when the signal is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const cancel = after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
    function done(): void {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}
