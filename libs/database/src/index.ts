export { Database } from './database.ts';
export { needsCredentials, type CredentialSource, type DatabaseUser } from './database.credentials.ts';
export { DatabaseError } from './database.error.ts';
export { DatabaseModule } from './database.module.ts';
export {
  databaseEnvironment,
  databaseOptionsSchema,
  type DatabaseMigration,
  type DatabaseOptions,
  type DatabaseSettings,
} from './database.options.ts';
export { embeddedServerFolder } from './embedded/binaries.ts';
export type { EndedQuery } from './ended.query.ts';
export { openDatabase, type DatabaseContext } from './open-database.ts';
export { openPool, type PlainPool, type PoolOptions } from './open-pool.ts';
export { serializable } from './serializable.ts';
export { isUnavailable, unavailable } from './unavailable.ts';
