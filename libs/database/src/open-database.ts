// Opens the database of a service: where GATEHOUSE_DATABASE_URL says, else the embedded server under the state folder. Returns
// when it answers and its tables are as the code expects.
import { Kysely, PostgresDialect } from 'kysely';
import { type EndedQuery, endedQuery } from './ended.query.ts';
import { Database } from './database.ts';
import type { CredentialSource } from './database.credentials.ts';
import { DatabaseError } from './database.error.ts';
import { databaseOptionsSchema, type DatabaseOptions, type DatabaseSettings } from './database.options.ts';
import { EmbeddedServer } from './embedded/embedded.server.ts';
import { diskFull, isDiskFull } from './embedded/places.ts';
import { firstContact, type StartLog } from './first-contact.ts';
import { migrate } from './migrate.ts';
import { asUser, type ConnectionTarget, createPool, kyselyPool } from './pool.ts';
import { RotatingPool } from './rotating.pool.ts';
import { serverTarget } from './server.url.ts';

/** What a database needs to know of its service. */
export interface DatabaseContext {
  /** Name of the service: folder of the embedded server, application_name of the connections. */
  service: string;
  /** `.gatehouse/` on a laptop. */
  stateFolder: string;
  /** True refuses the embedded server and every insecure option. */
  production: boolean;
  /** Where GATEHOUSE_DATABASE_… is read; the process's by default. */
  env?: NodeJS.ProcessEnv;
  /** Who connects, where the URL names nobody. */
  credentials?: CredentialSource;
  /** Handed to each migration that is a function. */
  forMigrations?: unknown;
  log?: StartLog;
  /** Told of each query that has ended; never with its text or its parameters. */
  onQuery?: (query: EndedQuery) => void;
}

/**
 * @throws DatabaseError with the remedy when the database cannot be had
 * @throws ZodError when an option is unknown or malformed
 * @example const database = await openDatabase({ migrations }, { service: 'api', stateFolder: '.gatehouse', production: false });
 */
export async function openDatabase(options: DatabaseOptions, context: DatabaseContext): Promise<Database> {
  const settings = databaseOptionsSchema.parse(options);
  const env = context.env ?? process.env;
  return env.GATEHOUSE_DATABASE_URL ? openByUrl(settings, context, env) : openEmbedded(settings, context, env);
}

async function openByUrl(
  settings: DatabaseSettings,
  context: DatabaseContext,
  env: NodeJS.ProcessEnv,
): Promise<Database> {
  const target = serverTarget(env, settings, context.production, context.credentials !== undefined);
  if (settings.insecureWithoutTls)
    context.log?.warn({ host: target.host }, 'database connection WITHOUT TLS (insecureWithoutTls)');
  const { credentials } = context;
  await firstContact(() => asUser(target, credentials?.current()), settings.startTimeoutMs, context.log);
  return connect('url', `${target.host}:${target.port}`, target, settings, context, async () => undefined);
}

async function openEmbedded(
  settings: DatabaseSettings,
  context: DatabaseContext,
  env: NodeJS.ProcessEnv,
): Promise<Database> {
  if (context.production) {
    throw new DatabaseError(
      'the embedded database is for development, and this is production',
      'Set GATEHOUSE_DATABASE_URL=postgresql://user@host:5432/database (and GATEHOUSE_DATABASE_PASSWORD_FILE).',
    );
  }
  const { stateFolder, service, log } = context;
  const server = await EmbeddedServer.start(stateFolder, service, log, env.GATEHOUSE_DATABASE_TEMPLATE);
  return connect('embedded', server.folder, server.target, settings, context, () => server.stop()).catch(
    (error: unknown) => {
      throw isDiskFull(error) ? diskFull(server.folder, error) : error;
    },
  );
}

async function connect(
  kind: Database['kind'],
  where: string,
  target: ConnectionTarget,
  settings: DatabaseSettings,
  context: DatabaseContext,
  stopServer: () => Promise<void>,
): Promise<Database> {
  const onLost = (error: Error) => context.log?.warn({ reason: error.message }, 'a database connection was lost');
  const pools = new RotatingPool(
    (user) => createPool(asUser(target, user), settings, context.service, onLost),
    settings.connectTimeoutMs + settings.statementTimeoutMs + 5_000,
    kind === 'url' ? context.credentials : undefined,
  );
  const { onQuery } = context;
  const kysely = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: kyselyPool(pools, settings) }),
    log: onQuery && ((event) => onQuery(endedQuery(event))),
  });
  const end = async () => {
    await pools.end();
    await stopServer();
  };
  try {
    const ran = await migrate(kysely, settings.migrations, context.forMigrations);
    if (ran.length > 0) context.log?.info({ migrations: ran }, 'migrated the database');
  } catch (error) {
    await end();
    throw error;
  }
  return new Database(kysely, kind, where, end, () => ({ ...pools.state(), max: settings.poolSize }));
}
