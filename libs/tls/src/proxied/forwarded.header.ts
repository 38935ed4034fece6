// The Forwarded header (RFC 7239) of a listed balancer. Only its last element counts: that one the balancer wrote, everything before it
// may be the client's invention. X-Forwarded-* is never read here.
import { isIPv4, isIPv6 } from 'node:net';
import { ProblemError } from '@gatehouse/problem-details';

/** What the balancer says about the client of a request. */
export interface ForwardedClient {
  readonly address: string;
}

const PAIR = /\s*([!#$%&'*+.^_`|~0-9a-z-]+)=("(?:[^"\\]|\\.)*"|[!#$%&'*+.^_`|~0-9a-z-]+)\s*(;|,|$)/iy;

/**
 * The client of a request that came through the balancer.
 *
 * @throws ProblemError `malformed-http` (400) without a header in order, `plain-http-refused` (403) when the client spoke plain HTTP
 */
export function forwardedClient(headers: { readonly forwarded?: string | string[] }): ForwardedClient {
  const given = headers.forwarded;
  const last = typeof given === 'string' ? lastElement(given) : undefined;
  const address = last && addressOf(last.get('for'));
  if (!last || !address)
    throw new ProblemError('malformed-http', { cause: new Error('no Forwarded header of the balancer') });
  if (last.get('proto')?.toLowerCase() !== 'https')
    throw new ProblemError('plain-http-refused', {
      cause: new Error('the client did not speak HTTPS with the balancer'),
    });
  return { address };
}

/** undefined when anything of the header is out of order, or a parameter is there twice. */
function lastElement(text: string): Map<string, string> | undefined {
  let element = new Map<string, string>();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < text.length) {
    const found = PAIR.exec(text);
    if (!found) return undefined;
    const [, name = '', value = '', end] = found;
    const key = name.toLowerCase();
    if (element.has(key)) return undefined;
    element.set(key, value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value);
    if (end === ',') element = new Map();
  }
  return element.size > 0 ? element : undefined;
}

/** An address, perhaps with a port; "unknown" and hidden names are nobody. */
function addressOf(node: string | undefined): string | undefined {
  const v4 = node?.replace(/:\d{1,5}$/, '') ?? '';
  if (isIPv4(v4)) return v4;
  const v6 = /^\[([^\]]+)\](:\d{1,5})?$/.exec(node ?? '')?.[1] ?? '';
  return isIPv6(v6) ? v6 : undefined;
}
