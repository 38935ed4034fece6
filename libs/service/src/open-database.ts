// Opens the database of a service that declares one, with its health and its metrics.
import type { DynamicModule } from '@nestjs/common';
import { DatabaseModule, openDatabase, type Database } from '@gatehouse/database';
import { databaseCredentialSource } from './config/declared-secrets.ts';
import { databaseMetrics } from './metrics/database.metrics.ts';
import type { ServiceContext } from './step.ts';
import { tracedQuery } from './traces/open.traces.ts';

/** @throws what the database throws: a URL that is wrong, a server that never came */
export async function openServiceDatabase(
  { settings, health, log, metrics, secrets, traces }: ServiceContext,
  env: NodeJS.ProcessEnv,
): Promise<{ modules: DynamicModule[]; database?: Database; close: () => Promise<void> }> {
  if (!settings.database) return { modules: [], close: async () => undefined };
  const { name, stateFolder, production } = settings;
  const database = await openDatabase(settings.database, {
    service: name,
    stateFolder,
    production,
    env,
    log,
    credentials: databaseCredentialSource(secrets),
    forMigrations: secrets,
    onQuery: traces && tracedQuery,
  });
  health.register('database', () => database.check());
  databaseMetrics(metrics, database);
  return { modules: [DatabaseModule.forRoot(database)], database, close: () => database.close() };
}
