// The detector of a service, and where its alerts go: log, metrics, /alerts of the management port, and the webhook where there is one.
import {
  type Alert,
  AlertWebhook,
  detectionFinding,
  Detector,
  ReplicaChannel,
  type UsedApiKey,
} from '@gatehouse/detection';
import type { Logger, Metrics } from '@gatehouse/observability';
import type { Secrets } from '@gatehouse/secrets';
import type { SharedValkey } from '@gatehouse/valkey';
import type { ServiceSettings } from '../config/settings.ts';
import { detectionMetrics } from '../metrics/detection.metrics.ts';
import type { Identifiers } from '../identifiers.ts';
import type { detectionSecrets } from './detection.secrets.ts';

/** What it works with. */
interface Around {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly secrets: Secrets;
  readonly identifiers: Identifiers;
  readonly valkey?: SharedValkey;
  /** Takes an API key back, where a response asks for that. */
  readonly revoke: (apiKey: UsedApiKey) => Promise<unknown>;
}

/** @throws Error when the CA of the webhook cannot be read */
export async function openDetection(
  { name, detection }: ServiceSettings,
  { log, metrics, secrets, identifiers, valkey, revoke }: Around,
): Promise<{ detector: Detector; close: () => Promise<void> }> {
  const webhook = detection.webhook && openWebhook(detection.webhook, log, secrets);
  const channel =
    valkey && detection.enabled && detection.shared ? new ReplicaChannel(valkey, detection.maxKeys) : undefined;
  const told = detectionMetrics(metrics, () => detector, webhook, channel);
  const tell = (alert: Alert) => {
    told(alert);
    log[levelOf(alert)]({ alert: detectionFinding(alert, name) }, `alert: ${alert.title}`);
    webhook?.send(detectionFinding(alert, name));
  };
  const takeBack = (apiKey: UsedApiKey) => {
    revoke(apiKey).then(
      () => log.warn({ keyId: apiKey.id }, 'an API key was taken back'),
      (err: unknown) => log.error({ keyId: apiKey.id, err }, 'an API key could not be taken back'),
    );
  };
  const detector = new Detector(detection, tell, {
    ...channel?.hooks,
    identify: (address) => identifiers.of(address),
    revoke: takeBack,
  });
  await channel?.join(detector);
  const close = async () => {
    channel?.close();
    await webhook?.close();
  };
  return { detector, close };
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
