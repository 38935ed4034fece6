// A host that may be called, and the addresses that its name may lead to. Names are resolved here and the connection goes to the very
// address that was judged: no second look-up in between that could answer otherwise (DNS rebinding, CWE-350, CWE-367).
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AddressRefusedError, ConnectionFailedError } from '../http-client.error.ts';
import type { HttpClientOptions } from '../http-client.options.ts';
import { addressClass, canonicalAddress, networkList } from './address.class.ts';
import { bareHost } from './host.name.ts';

/** Finds the addresses of a name; like `dns.lookup` with `all`. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** What the allow-list says of one host. */
export interface AllowedHost {
  /** `host:port`. */
  readonly key: string;
  readonly hostname: string;
  readonly port: number;
  readonly mutualTls: boolean;
  readonly trace: boolean;
  /** Why a connection to an address, spelled canonically, is refused; undefined when it is not. */
  refusal(address: string): string | undefined;
}

type Entry = HttpClientOptions['allow'][number];

/** Reads an entry of the allow-list that the schema has passed. */
export function allowedHost(entry: Entry, insecureLoopback: boolean): AllowedHost {
  const url = new URL(`https://${entry.host}`);
  const within = entry.networks.length > 0 ? networkList(entry.networks) : undefined;
  return {
    key: `${url.hostname}:${url.port || 443}`,
    hostname: bareHost(url.hostname),
    port: Number(url.port || 443),
    mutualTls: entry.mutualTls,
    trace: entry.trace,
    refusal(address) {
      const kind = addressClass(address);
      if (kind === 'loopback') return insecureLoopback ? undefined : 'a loopback address';
      if (kind === 'link-local' || kind === 'special') return `a ${kind} address`;
      if (within) return within(address) ? undefined : `an address outside of its networks`;
      return kind === 'private' ? 'a private address' : undefined;
    },
  };
}

/**
 * The addresses of a host. One that is refused refuses them all: a name that leads both outside and inside is not to be trusted.
 *
 * @throws AddressRefusedError, ConnectionFailedError when the name has no address
 */
export async function resolveAllowed(host: AllowedHost, resolve: Resolve = resolveAll): Promise<readonly string[]> {
  const found = isIP(host.hostname) ? [host.hostname] : await lookUp(host, resolve);
  for (const address of found) refuseAddress(host, address);
  if (found.length === 0) throw unresolved(host);
  return found;
}

/** @throws AddressRefusedError when a connection to the address is refused */
export function refuseAddress(host: AllowedHost, address: string | undefined): void {
  const canonical = canonicalAddress(address ?? '');
  const refusal = canonical === undefined ? 'no IP address' : host.refusal(canonical);
  if (refusal === undefined) return;
  throw new AddressRefusedError(
    host.key,
    `its name leads to ${refusal}${canonical === undefined ? '' : ` (${canonical})`}`,
    'correct its DNS, or list the private networks that it may be in as "networks" of its entry',
  );
}

async function lookUp(host: AllowedHost, resolve: Resolve): Promise<readonly string[]> {
  try {
    return await resolve(host.hostname);
  } catch (error) {
    throw unresolved(host, error);
  }
}

function unresolved({ key }: AllowedHost, cause?: unknown): ConnectionFailedError {
  return new ConnectionFailedError(key, 'its name has no address', 'check the name and the DNS', {
    sent: false,
    cause,
  });
}

const resolveAll: Resolve = async (hostname) => (await lookup(hostname, { all: true })).map(({ address }) => address);
