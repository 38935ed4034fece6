// Opens what the replicas of a service share, and the limits that they keep there: one connection for the process.
import type { HealthRegistry, Logger } from '@gatehouse/observability';
import { createRateLimiter, type RateLimiter } from '@gatehouse/rate-limit';
import { openValkey, type SharedValkey } from '@gatehouse/valkey';
import type { ServiceSettings } from './config/settings.ts';
import type { SafeguardEvents } from './detection/safeguard.events.ts';

interface Around {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly health: HealthRegistry;
  readonly safeguards: SafeguardEvents;
}

/** @throws ValkeyError, RateLimitError naming the setting */
export async function openLimits(
  { name: service, production, rateLimit, valkey: options }: ServiceSettings,
  { env, log, health, safeguards }: Around,
): Promise<{ valkey?: SharedValkey; limits: RateLimiter; close: () => Promise<void> }> {
  const valkey = await openValkey(options, {
    service,
    production,
    env,
    onEvent: ({ message, level, ...event }) => log[level](event, message),
  });
  const close = async () => valkey?.close();
  try {
    const limits = await createRateLimiter(rateLimit, {
      valkey,
      production,
      env,
      onEvent: safeguards.told('rate-limits'),
    });
    if (valkey) health.register('valkey', () => valkey.check(), { required: false }); // the limits go on without it
    return { valkey, limits, close: () => limits.close().then(close) };
  } catch (error) {
    await close();
    throw error;
  }
}
