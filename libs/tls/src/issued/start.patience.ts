// A CA or a vault that starts beside the service, or waits to be unsealed, gets its time; what waiting cannot mend is said at once.
import { setTimeout as delay } from 'node:timers/promises';
import { LockHeldError } from '../folder.lock.ts';
import { IssuerError } from './issuer.error.ts';

const [FIRST_MS, MOST_MS] = [250, 3_000];

/**
 * @param onWait told why it takes longer
 * @throws what `ask` threw last
 */
export async function withPatience(
  ask: () => Promise<unknown> | undefined,
  timeoutMs: number,
  onWait: (message: string) => void,
): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(2 * waitMs, MOST_MS)) {
    try {
      await ask();
      return;
    } catch (error) {
      const left = until - performance.now();
      if (left <= 0 || error instanceof LockHeldError || !(error instanceof IssuerError) || !error.isTransient)
        throw error;
      onWait(`${error.message} Waiting up to ${Math.ceil(timeoutMs / 1_000)} s for it.`);
      // Keeps the process alive: nothing else does at the start.
      await delay(Math.min(left, waitMs));
    }
  }
}
