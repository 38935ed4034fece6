// Strict-Transport-Security (RFC 6797): a browser that was here once does not speak plain HTTP to this host again. Said over HTTPS
// only, and not for localhost: there it would cut off every other program on the developer's machine.
import { isIP } from 'node:net';
import type { HstsOptions } from './tls.options.ts';

/** The value of the header. */
export function hstsValue({ maxAgeSeconds, includeSubDomains, preload }: HstsOptions): string {
  return `max-age=${maxAgeSeconds}${includeSubDomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`;
}

/**
 * The header for an answer, or undefined where it must not be sent.
 *
 * @param encrypted whether the request came over TLS (or, checked, over TLS as far as the balancer)
 * @param host the Host of the request or the configured one, with or without a port
 */
export function hstsHeader(
  options: HstsOptions,
  { encrypted, host }: { encrypted: boolean; host: string },
): string | undefined {
  if (!encrypted) return undefined;
  if (!options.localNames && isLocalName(host)) return undefined;
  return hstsValue(options);
}

/** localhost, a name below it, or an IP address, for which the header has no meaning (RFC 6797 §8.1.1). */
export function isLocalName(host: string): boolean {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  return (
    name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0 || isIP(host.replace(/^\[|\]$/g, '')) !== 0
  );
}
