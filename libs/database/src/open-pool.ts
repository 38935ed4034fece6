// Connections to a server that has somebody else's tables: nothing is migrated, and nothing has to answer at the start.
import type { CredentialSource } from './database.credentials.ts';
import { DatabaseError } from './database.error.ts';
import { databaseOptionsSchema } from './database.options.ts';
import { asUser, createPool } from './pool.ts';
import { RotatingPool } from './rotating.pool.ts';
import { serverTarget } from './server.url.ts';

/** See {@link openPool}. */
export interface PoolOptions {
  /** postgresql://host:5432/database; without a user. */
  readonly url: string;
  readonly caFile?: string;
  /** application_name of the connections. */
  readonly service: string;
  readonly production: boolean;
  readonly credentials: CredentialSource;
  /** What the messages call the setting, in place of GATEHOUSE_DATABASE. */
  readonly setting: string;
}

/** Statements on connections of whoever is in force. */
export interface PlainPool {
  query(text: string, values: unknown[]): Promise<unknown>;
  end(): Promise<void>;
}

const POOL_SIZE = 2;
const DRAIN_MS = 20_000;

/** @throws DatabaseError when the URL cannot be used; a server that is away is the error of each query */
export function openPool({ url, caFile, service, production, credentials, setting }: PoolOptions): PlainPool {
  const settings = databaseOptionsSchema.parse({ poolSize: POOL_SIZE });
  const target = named(setting, () =>
    serverTarget({ GATEHOUSE_DATABASE_URL: url, GATEHOUSE_DATABASE_CA_FILE: caFile }, settings, production, true),
  );
  const pools = new RotatingPool(
    (user) => createPool(asUser(target, user), settings, service, () => undefined),
    DRAIN_MS,
    credentials,
  );
  return { query: (text, values) => pools.inForce().query(text, values), end: () => pools.end() };
}

function named<T>(setting: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof DatabaseError) error.message = error.message.replaceAll('GATEHOUSE_DATABASE', setting);
    throw error;
  }
}
