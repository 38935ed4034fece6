// A query that has ended, for whoever measures: its kind and how long it took. Neither its text nor its parameters, which are somebody's.
import type { LogEvent } from 'kysely';

export interface EndedQuery {
  /** `SELECT`, `INSERT`, … or `SQL` for what was written by hand. */
  readonly operation: string;
  readonly durationMs: number;
  readonly failed: boolean;
}

/** What is told of a query. */
export function endedQuery({ level, query, queryDurationMillis }: LogEvent): EndedQuery {
  const kind = /^(Select|Insert|Update|Delete|Merge)QueryNode$/.exec(query.query.kind)?.[1];
  return { operation: kind?.toUpperCase() ?? 'SQL', durationMs: queryDurationMillis, failed: level === 'error' };
}
