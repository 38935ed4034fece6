// Events to an address of the team's, signed so that the receiver knows who sent them and when (Standard Webhooks 1.0).
import { createHash, createHmac } from 'node:crypto';
import type { AuditSink } from './shipper.ts';

export interface WebhookOptions {
  /** https only. */
  readonly url: URL;
  /** At least 24 secret bytes; asked each time, so that it may rotate. */
  readonly key: () => Uint8Array;
  /** `fetch` by default; that of `@gatehouse/http-client` where calls out go through it. */
  readonly fetch?: typeof fetch;
}

const TIMEOUT_MS = 10_000;

/** @throws TypeError for an address that is not https */
export function webhookSink({ url, key, fetch: send = fetch }: WebhookOptions): AuditSink {
  if (url.protocol !== 'https:') throw new TypeError('the audit webhook needs an https:// address');
  return {
    name: 'webhook',
    async send(records) {
      const events = `[${records.map(({ json }) => json).join(',')}]`;
      const timestamp = new Date().toISOString();
      const body = `{"data":{"events":${events}},"timestamp":"${timestamp}","type":"gatehouse.audit.events"}`;
      // the same batch has the same id: a receiver drops what comes twice
      const id = `audit_${createHash('sha256').update(events).digest('base64url').slice(0, 32)}`;
      const answer = await send(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signatureHeaders(id, body, key()) },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`the audit webhook answered ${answer.status}`);
    },
  };
}

/** `webhook-id`, `webhook-timestamp` and `webhook-signature`. */
export function signatureHeaders(id: string, body: string, key: Uint8Array): Record<string, string> {
  const seconds = String(Math.floor(Date.now() / 1_000));
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${mac}` };
}
