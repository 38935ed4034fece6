// What the detector has found, and how it fares itself.
import { type Alert, type AlertWebhook, type Detector, type ReplicaChannel, RULE_FACTS } from '@gatehouse/detection';
import type { Metrics } from '@gatehouse/observability';

/** @returns what is told of each alert */
export function detectionMetrics(
  metrics: Metrics,
  detector: () => Detector,
  webhook: AlertWebhook | undefined,
  channel: ReplicaChannel | undefined,
): (alert: Alert) => void {
  const alerts = metrics.counter({
    name: 'gatehouse_detection_alerts_total',
    help: 'Alerts of suspicious traffic, by rule.',
    labels: ['rule', 'severity'],
  });
  // a rule that never spoke has a zero, so that its first alert is an increase
  for (const [rule, { severity }] of Object.entries(RULE_FACTS)) alerts.inc({ rule, severity }, 0);
  metrics.observe({
    type: 'counter',
    name: 'gatehouse_detection_suppressed_total',
    help: 'Signals that became no alert, because the same was told not long ago, or there were too many.',
    read: () => [[{}, detector().status().suppressed]],
  });
  metrics.observe({
    type: 'counter',
    name: 'gatehouse_detection_failures_total',
    help: 'Events that a rule could not judge.',
    read: () => [[{}, detector().status().failures]],
  });
  metrics.observe({
    type: 'gauge',
    name: 'gatehouse_detection_responding',
    help: 'Callers that are blocked or slowed down, or were until lately.',
    labels: ['response'],
    read: () => Object.entries(detector().status().responding).map(([response, value]) => [{ response }, value]),
  });
  if (webhook) {
    metrics.observe({
      type: 'counter',
      name: 'gatehouse_detection_webhook_total',
      help: 'Alerts posted to the webhook.',
      labels: ['outcome'],
      read: () => Object.entries(webhook.counters).map(([outcome, value]) => [{ outcome }, value]),
    });
  }
  if (channel) {
    metrics.observe({
      type: 'counter',
      name: 'gatehouse_detection_shared_total',
      help: 'Events told to and by other replicas; failed: what could not be shared, each replica judged alone then.',
      labels: ['outcome'],
      read: () => Object.entries(channel.counters).map(([outcome, value]) => [{ outcome }, value]),
    });
  }
  return ({ rule, severity }) => alerts.inc({ rule, severity });
}
