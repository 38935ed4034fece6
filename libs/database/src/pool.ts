// The connections. A lost server never ends the process (every client has its 'error' listener), never hangs a request (bounded
// waiting), and never lends out a connection that is still busy with a statement that timed out.
import pg from 'pg';
import { ProblemError } from '@gatehouse/problem-details';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type { DatabaseUser } from './database.credentials.ts';
import type { DatabaseSettings } from './database.options.ts';
import type { RotatingPool } from './rotating.pool.ts';
import { isUnavailable, leavesConnectionUnusable, unavailable } from './unavailable.ts';

/** Where and as whom to connect. `password` is asked for with each new connection. */
export type ConnectionTarget = Pick<pg.ClientConfig, 'host' | 'port' | 'user' | 'database' | 'ssl' | 'password'>;

/** The target as a user of a credential source reaches it. */
export const asUser = (target: ConnectionTarget, user: DatabaseUser | undefined): ConnectionTarget =>
  user ? { ...target, user: user.username, password: user.password } : target;

const INT8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary'
      ? safeInteger
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** bigint as a number: exact or not at all. */
function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint of the database is beyond 2^53');
  return value;
}

/** Makes the pool. It connects when first asked. */
export function createPool(
  target: ConnectionTarget,
  settings: DatabaseSettings,
  name: string,
  onLost: (error: Error) => void,
): pg.Pool {
  const pool = new pg.Pool({
    types,
    max: settings.poolSize,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    statement_timeout: settings.statementTimeoutMs,
    // The server cancels first; this is for one that no longer answers at all.
    query_timeout: settings.statementTimeoutMs + 1_000,
    idle_in_transaction_session_timeout: settings.statementTimeoutMs + 5_000,
    application_name: name,
    ...target,
  });
  pool.on('error', onLost);
  // A client that is lent out has no listener of the pool's: without this one a lost connection ends the process.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

/** Prepared statements a connection, at most: beyond it texts are sent unnamed, so that dynamic SQL cannot fill the server. */
const MAX_PREPARED = 256;

/**
 * The pool as Kysely sees it: statements get names (the server then parses and plans each once a connection), and errors of a
 * lost server are the 503 that a caller is answered.
 */
export function kyselyPool(pools: RotatingPool, settings: DatabaseSettings): PostgresPool {
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text);
    if (known !== undefined || !settings.preparedStatements || names.size >= MAX_PREPARED) return known;
    names.set(text, `gatehouse_${names.size}`);
    return names.get(text);
  };
  const lent = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: {},
    end: () => pools.end(),
    async connect() {
      const client = await pools
        .inForce()
        .connect()
        .catch((error: unknown) => {
          throw unavailable(error);
        });
      let wrapped = lent.get(client);
      if (!wrapped) lent.set(client, (wrapped = wrap(client, nameOf)));
      return wrapped;
    },
  };
}

function wrap(client: pg.PoolClient, nameOf: (text: string) => string | undefined): PostgresPoolClient {
  let unusable = false;
  const query = async (text: string, values?: readonly unknown[]): Promise<pg.QueryResult> => {
    try {
      return await client.query({ name: values?.length ? nameOf(text) : undefined, text, values: values as unknown[] });
    } catch (error) {
      if (leavesConnectionUnusable(error)) unusable = true;
      throw translated(error);
    }
  };
  return {
    // Kysely asks with a text; a cursor is its own kind of call, which this lib does not offer.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(Boolean(destroy) || unusable),
  };
}

/** SQLSTATE of U+0000 in a text: valid JSON, and nothing that PostgreSQL stores. */
const NOT_STORABLE = new Set(['22021', '22P05']);

function translated(error: unknown): unknown {
  if (isUnavailable(error)) return unavailable(error);
  if (!NOT_STORABLE.has(Object(error).code as string)) return error;
  return new ProblemError('validation-failed', {
    detail: 'A text holds a character that cannot be stored.',
    cause: error,
  });
}
