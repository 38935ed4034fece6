// Brings the tables to where the code expects them. One transaction under an advisory lock (Kysely), so that replicas which start
// together migrate once, and a migration that fails leaves nothing. What has run anywhere is history: a missing, inserted or
// renamed one stops the start.
import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { DatabaseError } from './database.error.ts';
import type { DatabaseSettings } from './database.options.ts';
import { isUnavailable } from './unavailable.ts';

/**
 * @param given the second argument of each `up`
 * @returns the names that ran now
 * @throws DatabaseError naming the migration
 */
export async function migrate(
  db: Kysely<unknown>,
  migrations: DatabaseSettings['migrations'],
  given?: unknown,
): Promise<string[]> {
  const bound = Object.entries(migrations).map(([name, { up }]) => [name, { up: (own: never) => up(own, given) }]);
  const provider = { getMigrations: () => Promise.resolve(Object.fromEntries(bound)) };
  const migrator = new Migrator({ db: db as never, provider });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error === undefined) return results.map(({ migrationName }) => migrationName);
  const cause = error instanceof Error && isUnavailable(error.cause) ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : 'it threw no Error';
  const failed = results.find(({ status }) => status === 'Error');
  if (failed) {
    throw new DatabaseError(
      `migration ${failed.migrationName} failed, and nothing of it stays: ${reason}`,
      'Correct the migration; the tables are as before.',
      { cause },
    );
  }
  throw new DatabaseError(
    `the migrations do not fit the database: ${reason}`,
    'A migration that has run is never removed, renamed or preceded by a new one: restore it, and add the change as the last.',
    { cause },
  );
}
