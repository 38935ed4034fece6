// What a descriptor and the environment may say, and nothing that does the work: a start that is refused loads no more than this.
export { needsCredentials } from './database.credentials.ts';
export {
  databaseEnvironment,
  databaseOptionsSchema,
  type DatabaseMigration,
  type DatabaseOptions,
  type DatabaseSettings,
} from './database.options.ts';
