// How the declared secrets fare: names and ages, never a value.
import type { Metrics } from '@gatehouse/observability';
import type { Secrets, SecretStatus } from '@gatehouse/secrets';

/** Adds them to the page. */
export function secretMetrics(metrics: Metrics, secrets: Secrets): void {
  const each = (
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    value: (status: SecretStatus) => number | undefined,
  ) =>
    metrics.observe({
      type,
      name: `gatehouse_secret_${name}`,
      help,
      labels: ['secret', 'kind'],
      read: () => secrets.status().map((status) => [{ secret: status.name, kind: status.kind }, value(status)]),
    });
  each(
    'gauge',
    'usable',
    '1 while the secret may be used, 0 when it is missing, too old, or its lease is over.',
    (own) => Number(own.usable),
  );
  each(
    'gauge',
    'usable_seconds',
    'How long it may still be used without a word of its store.',
    (own) => own.usableSeconds,
  );
  each('gauge', 'stale', '1 while the store has another value that was not taken, or does not answer for it.', (own) =>
    Number(own.trouble !== undefined),
  );
  each('counter', 'rotations_total', 'New values taken while running.', (own) => own.rotations);
}
