// Standard Webhooks: the receiver knows who sent an alert, that nobody changed it, and that it is not an old one again.
import { createHmac } from 'node:crypto';

/**
 * The headers of a message.
 *
 * @param keys newest first: during a rotation the receiver takes whichever it knows
 * @param at milliseconds since the epoch
 */
export function signedHeaders(
  id: string,
  at: number,
  body: string,
  keys: readonly Uint8Array[],
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000));
  const signatures = keys.map(
    (key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  );
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
