// How the journal and its receivers fare.
import type { Journal } from '@gatehouse/audit';
import type { Metrics } from '@gatehouse/observability';
import type { Shipping } from '../audit/open-shipping.ts';

/** Adds them to the page. */
export function auditMetrics(metrics: Metrics, journal: Journal, { shippers, exports }: Shipping): void {
  metrics.observe({
    type: 'gauge',
    name: 'gatehouse_audit_journal_writable',
    help: '0 while the journal cannot be written, and mutations are refused.',
    read: () => [[{}, Number(journal.unavailable === undefined && !journal.full)]],
  });
  metrics.observe({
    type: 'counter',
    name: 'gatehouse_audit_records_total',
    help: 'Records of the journal: events and checkpoints.',
    read: () => [[{}, journal.size]],
  });
  const each = (type: 'counter' | 'gauge', name: string, help: string, value: (of: Status) => number) =>
    metrics.observe({
      type,
      name: `gatehouse_audit_${name}`,
      help,
      labels: ['receiver'],
      read: () => shippers.map((shipper) => [{ receiver: shipper.status().sink }, value(shipper.status())]),
    });
  each(
    'gauge',
    'lag_seconds',
    'How long the oldest event that has not arrived has waited.',
    ({ lagSeconds }) => lagSeconds,
  );
  each('gauge', 'unshipped_records', 'Records that have not arrived.', ({ next }) => Math.max(0, journal.size - next));
  each('counter', 'shipped_total', 'Events that arrived.', ({ shipped }) => shipped);
  each('counter', 'shipping_failures_total', 'Tries that failed.', ({ failures }) => failures);
  each(
    'counter',
    'shipping_missing_total',
    'Records that retention removed before they arrived.',
    ({ missing }) => missing,
  );
  if (exports.length === 0) return;
  metrics.observe({
    type: 'gauge',
    name: 'gatehouse_audit_checkpoint_exported_timestamp_seconds',
    help: 'When the last checkpoint arrived off the machine; 0 before the first.',
    labels: ['receiver'],
    read: () => exports.map((one) => [{ receiver: one.name }, one.lastExport / 1_000]),
  });
}

type Status = ReturnType<Shipping['shippers'][number]['status']>;
