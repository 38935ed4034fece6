// The revocations of all replicas in PostgreSQL.
import { type Kysely, sql } from 'kysely';
import type { AuthnTables } from '../postgres.tables.ts';
import type { Revocation } from './revocations.ts';
import type { RevocationStore } from './revocation.feed.ts';

export class PostgresRevocations implements RevocationStore {
  readonly through = 'database';

  constructor(private readonly db: Kysely<AuthnTables>) {}

  /** The later of two moments counts, and the entry is new for every replica again. */
  async add({ kind, issuer, value, at, until }: Revocation): Promise<void> {
    await sql`
      insert into authn_revocations as known (kind, issuer, value, at, until)
      values (${kind}, ${issuer}, ${value}, ${new Date(at)}, ${new Date(until)})
      on conflict (kind, issuer, value) do update set
        at = greatest(known.at, excluded.at), until = greatest(known.until, excluded.until), created_at = clock_timestamp()
    `.execute(this.db);
  }

  async recent(seconds?: number): Promise<Revocation[]> {
    const all = this.db.selectFrom('authn_revocations').select(['kind', 'issuer', 'value', 'at', 'until']);
    const wanted =
      seconds === undefined
        ? all.where('until', '>', sql<Date>`now()`)
        : all.where('created_at', '>', sql<Date>`now() - make_interval(secs => ${seconds})`);
    const rows = await wanted.execute();
    return rows.map(({ at, until, ...row }) => ({ ...row, at: at.getTime(), until: until.getTime() }));
  }
}
