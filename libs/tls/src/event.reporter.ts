// Where events go: to the program's log, to whoever listens, and to the webhook when they are worth waking somebody.
import type { TlsContext } from './tls.ts';
import { eventWebhook } from './event.webhook.ts';
import type { EmitTlsEvent, TlsEvent } from './tls.event.ts';
import type { TlsOptions } from './tls.options.ts';

/** How often a webhook's failure is logged at most, in milliseconds. */
const REPEAT_MS = 60_000;

/** See {@link eventReporter}. */
export interface EventReporter {
  readonly emit: EmitTlsEvent;
  readonly onEvent: (listener: (event: TlsEvent) => void) => void;
}

/** @throws TlsError when the webhook's address cannot be read */
export async function eventReporter({ webhookUrlFile }: TlsOptions, context: TlsContext): Promise<EventReporter> {
  const post = webhookUrlFile ? await eventWebhook(webhookUrlFile) : undefined;
  const listeners: ((event: TlsEvent) => void)[] = [];
  let failedAt = -Infinity;
  const report = (event: TlsEvent) => {
    context.onEvent?.(event);
    listeners.forEach((listener) => listener(event));
  };
  const time = () => new Date(context.now?.() ?? Date.now()).toISOString();
  return {
    emit(given) {
      const event = { ...given, at: time() };
      report(event);
      if (!post || event.level === 'info') return;
      post(event, context.service).catch((error: Error) => {
        if (performance.now() - failedAt < REPEAT_MS) return;
        failedAt = performance.now();
        const cause = error.cause instanceof Error ? error.cause.message : error.message;
        const message = `${webhookUrlFile}: the webhook could not be told (${cause}): correct its address.`;
        report({ type: 'source-failed', level: 'warn', source: 'webhook', message, at: time() });
      });
    },
    onEvent: (listener) => void listeners.push(listener),
  };
}
