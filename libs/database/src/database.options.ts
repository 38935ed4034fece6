// What a service says about its database. Where the database is comes from the environment (it differs by machine), never from
// the code; what weakens the connection begins with `insecure` and is refused in production.
import type { Kysely } from 'kysely';
import { z } from 'zod';

/** A change of the tables. */
export interface DatabaseMigration {
  /**
   * Runs once, in a transaction.
   * @param given what the opener handed over as `forMigrations`; in a service, its secrets: for rows that are to be encrypted
   */
  up(db: Kysely<unknown>, given: unknown): Promise<void>;
}

const sqlMigration = z
  .string()
  .min(1)
  .transform((text): DatabaseMigration => ({ up: (db) => run(db, text) }));

async function run(db: Kysely<unknown>, text: string): Promise<void> {
  const { sql } = await import('kysely'); // not for a descriptor that is only read
  await sql.raw(text).execute(db);
}

const migration = sqlMigration.or(
  z.custom<DatabaseMigration>(
    (value) => typeof (value as Partial<DatabaseMigration> | null)?.up === 'function',
    'a migration is SQL, or an object with an `up` function',
  ),
);

/** The `database` key of a descriptor. The empty object is valid and safe. */
export const databaseOptionsSchema = z.strictObject({
  migrations: z
    .record(z.string().regex(/^[0-9]{4,14}-[a-z0-9-]+$/, 'name it 0001-what-it-does'), migration)
    .default({})
    .meta({
      description: 'Changes of the tables, SQL or an object with `up`, in the order of their names. Each runs once.',
    }),
  role: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .optional()
    .meta({
      description:
        "Role of the vault's database engine, where GATEHOUSE_DATABASE_URL names no user; by default the name of the service.",
    }),
  poolSize: z.int().min(1).max(100).default(10).meta({ description: 'Connections of one process, at most.' }),
  connectTimeoutMs: z.int().min(100).max(60_000).default(3_000).meta({
    description: 'How long a request waits for a connection, in milliseconds; then 503.',
  }),
  statementTimeoutMs: z.int().min(100).max(600_000).default(5_000).meta({
    description: 'How long one statement may take, in milliseconds; then it is cancelled and the answer is 503.',
  }),
  startTimeoutMs: z.int().min(0).max(600_000).default(15_000).meta({
    description: 'How long the start waits for a server that does not answer yet, in milliseconds.',
  }),
  preparedStatements: z.boolean().default(true).meta({
    description:
      'Statements are prepared once a connection. Off behind a pooler that shares connections by transaction.',
  }),
  insecureWithoutTls: z.boolean().default(false).meta({
    description: 'Sends data and password in clear to GATEHOUSE_DATABASE_URL. Refused in production.',
  }),
});

/** What a descriptor may say. */
export type DatabaseOptions = z.input<typeof databaseOptionsSchema>;

/** The options with every default filled in. */
export type DatabaseSettings = z.output<typeof databaseOptionsSchema>;

/** The environment variables that this lib reads. */
export const databaseEnvironment: readonly string[] = [
  'GATEHOUSE_DATABASE_URL',
  'GATEHOUSE_DATABASE_PASSWORD_FILE',
  'GATEHOUSE_DATABASE_CA_FILE',
  'GATEHOUSE_DATABASE_TEMPLATE',
];
