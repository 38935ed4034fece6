// The certificates as a handshake sees them: an outage by expiry is announced weeks before, from the page of each replica.
import type { Metrics } from '@gatehouse/observability';
import type { Tls, TlsSnapshot } from '@gatehouse/tls';

type Row = TlsSnapshot['certificates'][number];

/** Its first name; that of a client has a SPIFFE ID instead. */
const nameOf = ({ certificate }: Row) => certificate?.names[0] ?? certificate?.uris?.[0] ?? '';

/** Adds them to the page. */
export function certificateMetrics(metrics: Metrics, tls: Tls): void {
  const certificates = (name: string, help: string, value: (row: Row) => number | undefined) =>
    metrics.observe({
      type: 'gauge',
      name: `gatehouse_certificate_${name}`,
      help,
      labels: ['source', 'name'],
      read: () => tls.snapshot().certificates.map((row) => [{ source: row.source, name: nameOf(row) }, value(row)]),
    });
  const seconds = (iso: string | undefined) => (iso === undefined ? undefined : Date.parse(iso) / 1_000);
  certificates('not_after_timestamp_seconds', 'When the served certificate ends, Unix time.', ({ certificate }) =>
    seconds(certificate?.notAfter),
  );
  certificates('not_before_timestamp_seconds', 'When the served certificate began, Unix time.', ({ certificate }) =>
    seconds(certificate?.notBefore),
  );
  certificates(
    'remaining_ratio',
    'What is left of its life: 1 at its begin, 0 at its end.',
    ({ certificate }) => certificate?.remainingFraction,
  );
  certificates('refused', '1 while the newest certificate of its source is not the one served.', ({ differs }) =>
    Number(differs !== undefined),
  );
  certificates(
    'renewal_failures',
    'Attempts to renew in a row that failed, where the service renews by itself.',
    ({ renewal }) => renewal?.failures,
  );
  certificates(
    'renewal_due_timestamp_seconds',
    'When it is to be renewed, where the service does that by itself, Unix time.',
    ({ renewal }) => seconds(renewal?.dueAt),
  );
  listeners(metrics, tls);
  counters(metrics, tls);
}

/** What a handshake with each listener of our own saw. */
function listeners(metrics: Metrics, tls: Tls): void {
  const served = (name: string, help: string, value: (row: TlsSnapshot['listeners'][number]) => number | undefined) =>
    metrics.observe({
      type: 'gauge',
      name: `gatehouse_listener_${name}`,
      help,
      labels: ['address'],
      read: () => tls.snapshot().listeners.map((row) => [{ address: row.address }, value(row)]),
    });
  served('probe_failed', '1 when the last handshake with the listener failed.', ({ error }) =>
    Number(error !== undefined),
  );
  served(
    'not_after_timestamp_seconds',
    'When the certificate ends that a handshake saw, Unix time.',
    (row) => row.certificate && Date.parse(row.certificate.notAfter) / 1_000,
  );
  served('mismatch', '1 when a handshake saw another certificate than the one that is to be served.', (row) => {
    const expected = tls.snapshot().certificates[0]?.certificate?.fingerprint256;
    return row.certificate && Number(row.certificate.fingerprint256 !== expected);
  });
}

const COUNTERS: Record<keyof TlsSnapshot['counters'], [name: string, help: string]> = {
  swaps: ['certificate_swaps', 'Certificates taken into service while running.'],
  refused: ['certificate_refusals', 'Certificates that were not taken into service, because something was wrong.'],
  probes: ['listener_probes', 'Handshakes with our own listeners.'],
  probeFailures: ['listener_probe_failures', 'Handshakes with our own listeners that failed.'],
  alarms: ['certificate_alarms', 'Alarms that a certificate ends soon.'],
  clientTrustChanges: ['client_trust_changes', 'Changes of the client CAs or their revocation lists.'],
  clientsEnded: ['client_connections_ended', 'Connections ended because their client lost our trust.'],
  refusedConnections: ['proxied_connections_refused', 'Connections that did not come from a listed balancer.'],
};

function counters(metrics: Metrics, tls: Tls): void {
  for (const key of Object.keys(COUNTERS) as (keyof typeof COUNTERS)[]) {
    const [name, help] = COUNTERS[key];
    const read = () => [[{}, tls.snapshot().counters[key]]] as const;
    metrics.observe({ type: 'counter', name: `gatehouse_${name}_total`, help, read });
  }
}
