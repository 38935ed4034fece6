// The detector of a service, and where its alerts go: log, metrics, /alerts of the management port, and the webhook where there is one.
import { type Alert, AlertWebhook, detectionFinding, Detector } from '@gatehouse/detection';
import type { Logger, Metrics } from '@gatehouse/observability';
import type { Secrets } from '@gatehouse/secrets';
import type { ServiceSettings } from '../config/settings.ts';
import { detectionMetrics } from '../metrics/detection.metrics.ts';
import type { Identifiers } from '../identifiers.ts';
import type { detectionSecrets } from './detection.secrets.ts';

/** @throws Error when the CA of the webhook cannot be read */
export function openDetection(
  { name, detection }: ServiceSettings,
  { log, metrics, secrets, identifiers }: { log: Logger; metrics: Metrics; secrets: Secrets; identifiers: Identifiers },
): { detector: Detector; close: () => Promise<void> } {
  const webhook = detection.webhook && openWebhook(detection.webhook, log, secrets);
  const told = detectionMetrics(metrics, () => detector, webhook);
  const tell = (alert: Alert) => {
    told(alert);
    log[levelOf(alert)]({ alert: detectionFinding(alert, name) }, `alert: ${alert.title}`);
    webhook?.send(detectionFinding(alert, name));
  };
  const detector = new Detector(detection, tell, (address) => identifiers.of(address));
  return { detector, close: async () => webhook?.close() };
}

function openWebhook(
  options: NonNullable<ServiceSettings['detection']['webhook']>,
  log: Logger,
  secrets: Secrets,
): AlertWebhook {
  const own = secrets.as<ReturnType<typeof detectionSecrets>>();
  return new AlertWebhook({
    ...options,
    keys: () => own.accepted('gatehouseAlertKey').map((key) => key.reveal()),
    onLost: (message) => log.error({ webhook: new URL(options.url).host }, message),
  });
}

const levelOf = ({ severity }: Alert) => (severity === 'low' ? 'info' : severity === 'medium' ? 'warn' : 'error');
