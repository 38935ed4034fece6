// A transaction that behaves as if it ran alone (SERIALIZABLE): sums, limits and "only if absent" hold whatever runs beside it.
// PostgreSQL ends one of two that conflict; that one is run again, a bounded number of times.
import type { Kysely, Transaction } from 'kysely';
import { unavailable } from './unavailable.ts';

/** How often a transaction is tried in all. Fifty writers on one row stay well below it (see the ledger's test). */
const MAX_ATTEMPTS = 12;

/** Milliseconds: the first wait at most this, doubled each time up to the second. */
const FIRST_WAIT_MS = 4;
const LONGEST_WAIT_MS = 250;

/** serialization_failure and deadlock_detected (PostgreSQL, appendix A). */
const RETRIED = new Set(['40001', '40P01']);

/**
 * Runs `work` in one SERIALIZABLE transaction: all of it or nothing. `work` may run more than once: it touches only `tx`.
 *
 * @throws ProblemError `dependency-unavailable` (503) when every attempt met a conflict, or the database is gone
 * @example await serializable(database.kysely, (tx) => tx.updateTable('accounts')…)
 */
export async function serializable<Tables, Result>(
  db: Kysely<Tables>,
  work: (tx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().setIsolationLevel('serializable').execute(work);
    } catch (error) {
      const { code } = Object(error) as { code?: unknown };
      if (typeof code !== 'string' || !RETRIED.has(code)) throw error;
      if (attempt === MAX_ATTEMPTS) throw unavailable(error);
      await wait(Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt));
    }
  }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
