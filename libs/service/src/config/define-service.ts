// A malformed descriptor stops the start with the path of each wrong key, before anything listens.
import { isIP } from 'node:net';
import type { z } from 'zod';
import { ConfigurationError } from './configuration.error.ts';
import { withBuiltInSecrets } from './declared-secrets.ts';
import { serviceOptionsSchema, type ServiceDescriptor, type ServiceOptions } from './service.options.ts';

/**
 * Checks a descriptor and fills in its defaults.
 *
 * @throws ConfigurationError when a key is unknown, missing or malformed, or when the whole is unsafe
 * @example export default defineService({ root: import.meta.dirname, name: 'orders', ports: { https: 8444, http: 8081, management: 9444 } });
 */
export function defineService(options: ServiceOptions): ServiceDescriptor {
  const name = typeof options?.name === 'string' ? options.name : '?';
  const descriptor = parseOptions(options, `service.config.ts of "${name}"`);
  refuseTrustOfEveryone(descriptor.trustedProxies, `service.config.ts of "${name}": trustedProxies`);
  return Object.freeze({ ...descriptor, secrets: withBuiltInSecrets(descriptor) });
}

/** Parses with the source named in the error. */
export function parseOptions(options: unknown, source: string): z.output<typeof serviceOptionsSchema> {
  const parsed = serviceOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(top level)'}: ${issue.message}`);
  throw new ConfigurationError(`${source} is not valid:\n${lines.join('\n')}`);
}

/** Shortest prefix, in bits, that still names somebody in particular: one private /8, one provider's /20. */
const SHORTEST_PREFIX = { 4: 8, 6: 20 } as const;

/**
 * A proxy list that covers everybody lets any caller choose its own address (CWE-348).
 * @param source where the list stands, for the message
 * @throws ConfigurationError
 */
export function refuseTrustOfEveryone(proxies: readonly string[], source: string): void {
  for (const proxy of proxies) {
    const [address = '', prefix] = proxy.split('/');
    const family = isIP(address);
    if (prefix !== undefined && (family === 4 || family === 6) && Number(prefix) < SHORTEST_PREFIX[family]) {
      throw new ConfigurationError(
        `${source}: ${proxy} trusts nearly everybody to name the caller's address.\n` +
          `  List the addresses of your own proxies (a prefix of at least /${SHORTEST_PREFIX[family]}).`,
      );
    }
  }
}
