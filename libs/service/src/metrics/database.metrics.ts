// The pool of database connections: waiting requests are the first sign of a database that cannot keep up.
import type { Database } from '@gatehouse/database';
import type { Metrics } from '@gatehouse/observability';

/** Adds them to the page. */
export function databaseMetrics(metrics: Metrics, database: Database): void {
  metrics.observe({
    type: 'gauge',
    name: 'gatehouse_database_connections',
    help: 'Connections of the pool, by what they do.',
    labels: ['state'],
    read: () => {
      const { total, idle } = database.pool();
      return [
        [{ state: 'busy' }, total - idle],
        [{ state: 'idle' }, idle],
      ];
    },
  });
  metrics.observe({
    type: 'gauge',
    name: 'gatehouse_database_connections_max',
    help: 'Connections that the pool may have.',
    read: () => [[{}, database.pool().max]],
  });
  metrics.observe({
    type: 'gauge',
    name: 'gatehouse_database_waiting',
    help: 'Requests that wait for a connection.',
    read: () => [[{}, database.pool().waiting]],
  });
}
