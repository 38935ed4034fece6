export type { Alert } from './alert/alert.ts';
export { AlertWebhook, type AlertWebhookOptions } from './alert/alert.webhook.ts';
export { detectionFinding, type DetectionFinding, detectionFindingSchema } from './alert/detection.finding.ts';
export { signedHeaders } from './alert/webhook.signature.ts';
export {
  type DetectionOptions,
  detectionOptionsSchema,
  type DetectionSettings,
  type RuleName,
} from './detection.options.ts';
export { Detector, type DetectorHooks, type DetectorStatus } from './detector.ts';
export { ReplicaChannel, type ReplicaStore } from './replicas/replica.channel.ts';
export type { Verdict } from './responses.ts';
export { RULE_FACTS, type RuleFacts, type Severity } from './rules/rule.facts.ts';
export type { Subject } from './rules/rule.ts';
export type {
  ConnectionEvent,
  ExposureEvent,
  FailureEvent,
  RequestEvent,
  TrafficEvent,
  UsedApiKey,
} from './traffic.event.ts';
