// Events to an address of the team's, signed so that the receiver knows who sent them and when (Standard Webhooks 1.0).
import { createHash, createHmac } from 'node:crypto';
import { expectArrived, httpsOnly, type Send, sendByFetch } from './send.ts';
import type { AuditSink } from './shipper.ts';

export interface WebhookOptions {
  /** https only. */
  readonly url: URL;
  /** At least 24 secret bytes; asked each time, so that it may rotate. */
  readonly key: () => Uint8Array;
  readonly send?: Send;
}

/** @throws TypeError for an address that is not https */
export function webhookSink({ url, key, send = sendByFetch }: WebhookOptions): AuditSink {
  httpsOnly(url, 'the audit webhook');
  return {
    name: 'webhook',
    async send(records) {
      const events = `[${records.map(({ json }) => json).join(',')}]`;
      const timestamp = new Date().toISOString();
      const body = `{"data":{"events":${events}},"timestamp":"${timestamp}","type":"gatehouse.audit.events"}`;
      // the same batch has the same id: a receiver drops what comes twice
      const id = `audit_${createHash('sha256').update(events).digest('base64url').slice(0, 32)}`;
      const headers = { 'content-type': 'application/json', ...signatureHeaders(id, body, key()) };
      expectArrived(await send(url, { method: 'POST', headers, body }), 'the audit webhook');
    },
  };
}

/** `webhook-id`, `webhook-timestamp` and `webhook-signature`. */
export function signatureHeaders(id: string, body: string, key: Uint8Array): Record<string, string> {
  const seconds = String(Math.floor(Date.now() / 1_000));
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${mac}` };
}
