// The first connection: waits for a server that is still coming up, and says at once what waiting will not mend.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseError } from './database.error.ts';
import type { ConnectionTarget } from './pool.ts';

const OLDEST_VERSION = 15;

/** SQLSTATE or Node code (or message) of what waiting does not mend, with the remedy. */
const HOPELESS: [RegExp, string][] = [
  [
    /^(28...)$/,
    'Check the user of GATEHOUSE_DATABASE_URL, the content of GATEHOUSE_DATABASE_PASSWORD_FILE (or the secret), and pg_hba.conf of the server.',
  ],
  [/^3D000$/, 'Create the database, or correct its name in GATEHOUSE_DATABASE_URL.'],
  [/^(ERR_TLS_CERT_ALTNAME_INVALID)$/, 'Use the host name of the certificate in GATEHOUSE_DATABASE_URL.'],
  [
    /^(CERT_.*|UNABLE_TO_.*|SELF_SIGNED.*|DEPTH_ZERO.*|ERR_SSL.*)$/,
    "Name the server's authority: GATEHOUSE_DATABASE_CA_FILE=/path/ca.pem",
  ],
  [
    /^The server does not support SSL/,
    'Turn TLS on at the server (ssl = on). Outside production the option insecureWithoutTls connects without.',
  ],
  [
    /^(SASL|client password must be)/,
    'Name the file with the password: GATEHOUSE_DATABASE_PASSWORD_FILE=/run/secrets/database-password',
  ],
];

/** Where progress goes. */
export interface StartLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/**
 * Connects once.
 *
 * @param targetNow asked for each attempt: who connects may change meanwhile
 * @param timeoutMs how long in all
 * @throws DatabaseError when the server is not there in time, refuses, or is older than PostgreSQL 15
 */
export async function firstContact(
  targetNow: () => ConnectionTarget,
  timeoutMs: number,
  log?: StartLog,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
    const target = targetNow();
    const where = `${target.host}:${target.port}`;
    try {
      return await checkVersion(target);
    } catch (error) {
      if (error instanceof DatabaseError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      const remedy = HOPELESS.find(([pattern]) => pattern.test(code ?? '') || pattern.test(message))?.[1];
      if (remedy) throw new DatabaseError(`the database at ${where} refuses: ${message}`, remedy, { cause: error });
      if (performance.now() + pause > deadline) {
        const problem = `the database at ${where} did not answer within ${timeoutMs} ms: ${message || code}`;
        throw new DatabaseError(problem, 'Start it, or correct GATEHOUSE_DATABASE_URL.', { cause: error });
      }
      log?.info({ where, reason: code ?? message }, 'waiting for the database');
      await delay(pause);
    }
  }
}

async function checkVersion(target: ConnectionTarget): Promise<void> {
  const client = new pg.Client({ ...target, connectionTimeoutMillis: 3_000, query_timeout: 3_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
    const major = Math.floor(Number(rows[0]?.server_version_num) / 10_000);
    if (major >= OLDEST_VERSION) return;
    throw new DatabaseError(`the database is PostgreSQL ${major}`, `Use ${OLDEST_VERSION} or newer.`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
