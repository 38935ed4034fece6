// A transaction that behaves as if it ran alone (SERIALIZABLE): sums, limits and "only if absent" hold whatever runs beside it.
// PostgreSQL ends one of two that conflict; that one is run again, for a bounded time.
import type { Kysely, Transaction } from 'kysely';
import { unavailable } from './unavailable.ts';

/** Milliseconds in all: fifty writers on four rows stay below a tenth of it (see the ledger's test). */
const BUDGET_MS = 5_000;

/** Milliseconds: the first wait at most this, doubled each time up to the second. */
const FIRST_WAIT_MS = 4;
const LONGEST_WAIT_MS = 120;

/** serialization_failure and deadlock_detected (PostgreSQL, appendix A). */
const RETRIED = new Set(['40001', '40P01']);

/**
 * Runs `work` in one SERIALIZABLE transaction: all of it or nothing. `work` may run more than once: it touches only `tx`.
 *
 * @throws ProblemError `dependency-unavailable` (503) when every attempt within 5 s met a conflict, or the database is gone
 * @example await serializable(database.kysely, (tx) => tx.updateTable('accounts')…)
 */
export async function serializable<Tables, Result>(
  db: Kysely<Tables>,
  work: (tx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + BUDGET_MS;
  for (let longest = FIRST_WAIT_MS; ; longest = Math.min(LONGEST_WAIT_MS, longest * 2)) {
    try {
      return await db.transaction().setIsolationLevel('serializable').execute(work);
    } catch (error) {
      const { code } = Object(error) as { code?: unknown };
      if (typeof code !== 'string' || !RETRIED.has(code)) throw error;
      if (performance.now() > deadline) throw unavailable(error);
      await wait(Math.random() * longest);
    }
  }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
