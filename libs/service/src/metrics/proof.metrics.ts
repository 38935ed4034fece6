// DPoP proofs by the memory that knew them: `local` means that another replica would have taken the same proof again.
import type { Authenticator } from '@gatehouse/authn';
import type { Metrics } from '@gatehouse/observability';

/** Adds them to the page. */
export function proofMetrics(metrics: Metrics, authenticator: Authenticator): void {
  metrics.observe({
    type: 'counter',
    name: 'gatehouse_dpop_proofs_total',
    help: 'DPoP proofs that were remembered: by all replicas (shared), or by this one alone (local).',
    labels: ['memory'],
    read: () => Object.entries(authenticator.proofCounts).map(([memory, count]) => [{ memory }, count]),
  });
}
