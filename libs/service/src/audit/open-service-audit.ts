// Journal and receivers of a service, opened and closed together.
import type { Metrics } from '@gatehouse/observability';
import type { Secrets } from '@gatehouse/secrets';
import type { ServiceSettings } from '../config/settings.ts';
import type { SafeguardEvents } from '../detection/safeguard.events.ts';
import { auditMetrics } from '../metrics/audit.metrics.ts';
import { openAudit, type ServiceAudit, type TellAudit } from './open-audit.ts';
import type { Shipping } from './open-shipping.ts';

interface Surroundings {
  readonly settings: ServiceSettings;
  readonly secrets: Secrets;
  readonly metrics: Metrics;
  readonly safeguards: SafeguardEvents;
}

/** @param audited false where nothing is to be written down */
export async function openServiceAudit(
  audited: boolean,
  { settings, secrets, metrics, safeguards }: Surroundings,
): Promise<{ audit?: ServiceAudit; close: () => Promise<void> }> {
  if (!audited) return { close: async () => undefined };
  const tell = safeguards.told('audit');
  const shipping = await receivers(settings, secrets, tell);
  try {
    const audit = await openAudit({ settings, secrets }, tell, {
      onCheckpoint: (checkpoint) => shipping.exports.forEach((to) => to.offer(checkpoint)),
      wantedFrom: () => Math.min(...shipping.shippers.map((shipper) => shipper.status().next)),
    });
    shipping.begin(audit.journal);
    auditMetrics(metrics, audit.journal, shipping);
    return {
      audit,
      async close() {
        await audit.journal.close(); // its last words and its last checkpoint go too
        await shipping.close();
      },
    };
  } catch (error) {
    await shipping.close();
    throw error;
  }
}

/** Loaded where there are any: 40 ms that no other start waits for. */
async function receivers(settings: ServiceSettings, secrets: Secrets, tell: TellAudit): Promise<Shipping> {
  const { databaseUrl, webhookUrl, otlpUrl, checkpointUrl } = settings.audit.shipping;
  if (databaseUrl ?? webhookUrl ?? otlpUrl ?? checkpointUrl) {
    const { openShipping } = await import('./open-shipping.ts');
    return openShipping(settings, secrets, tell);
  }
  return { shippers: [], exports: [], begin: () => undefined, close: async () => undefined };
}
