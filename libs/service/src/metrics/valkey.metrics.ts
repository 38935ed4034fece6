// How Valkey fares, as this process sees it: while it is away, limits are each replica's own.
import type { Metrics } from '@gatehouse/observability';
import { type SharedValkey, VALKEY_OUTCOMES } from '@gatehouse/valkey';

/** In seconds: a command takes a fraction of a millisecond in one network, and is given up after 50. */
const COMMAND_BUCKETS = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1];

/** Adds them to the page. */
export function valkeyMetrics(metrics: Metrics, valkey: SharedValkey): void {
  metrics.observe({
    type: 'gauge',
    name: 'gatehouse_valkey_up',
    help: 'Whether Valkey is there, as this process sees it: 1 or 0.',
    read: () => [[{}, Number(valkey.ready)]],
  });
  const seconds = metrics.histogram({
    name: 'gatehouse_valkey_command_duration_seconds',
    help: 'From a command to its answer, or to its being given up.',
    buckets: COMMAND_BUCKETS,
  });
  const commands = metrics.counter({
    name: 'gatehouse_valkey_commands_total',
    help: 'Commands by how they ended; away was never sent.',
    labels: ['outcome'],
  });
  for (const outcome of VALKEY_OUTCOMES) commands.inc({ outcome }, 0);
  valkey.onCommand = (duration, outcome) => {
    commands.inc({ outcome });
    if (outcome !== 'away') seconds.observe({}, duration);
  };
}
