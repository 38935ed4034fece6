// An open database: the queries, the health check, the end.
import { type Kysely, sql } from 'kysely';

/** How busy the connections are. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
  readonly max: number;
}

/** What {@link openDatabase} returns, and what providers take by their constructor. */
export class Database {
  private closing?: Promise<void>;

  /**
   * @param kysely typed queries; narrow it to your tables: `database.kysely as unknown as Kysely<Tables>`
   * @param kind `embedded` or `url`
   * @param where for people: a folder, or a host without credentials
   */
  constructor(
    readonly kysely: Kysely<unknown>,
    readonly kind: 'embedded' | 'url',
    readonly where: string,
    private readonly end: () => Promise<void>,
    /** For metrics. */
    readonly pool: () => PoolState,
  ) {}

  /** The queries, typed with the tables of a caller. */
  as<Tables>(): Kysely<Tables> {
    return this.kysely as unknown as Kysely<Tables>;
  }

  /**
   * For a ready probe.
   * @throws ProblemError `dependency-unavailable` while the server does not answer
   */
  async check(): Promise<void> {
    await sql`select 1`.execute(this.kysely);
  }

  /** Ends the connections, then the embedded server. Idempotent. */
  close(): Promise<void> {
    return (this.closing ??= this.end());
  }
}
