// What an IP address is (IANA special-purpose registries, RFC 6890). IPv4 addresses that travel inside IPv6 ones (mapped, NAT64) count as
// what they are inside, so that ::ffff:169.254.169.254 is no way around (CWE-918).
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** `public` is what the Internet routes; `special` is everything that is none of the others. */
export type AddressClass = 'public' | 'private' | 'loopback' | 'link-local' | 'special';

const RANGES: Record<Exclude<AddressClass, 'public'>, readonly string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'],
  special: [
    '0.0.0.0/8',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
    // IPv6: only 2000::/3 is routed, and within it these are not (Teredo, 6to4, documentation)
    ...['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
  ],
};

const classes = Object.entries(RANGES).map(([name, ranges]) => [name as AddressClass, networkList(ranges)] as const);
const NAT64 = /^64:ff9b::/;

/** The class of an address as sockets write it; `special` for what is no address, or has a zone. */
export function addressClass(address: string): AddressClass {
  const inner = canonicalAddress(address);
  if (inner === undefined) return 'special';
  return classes.find(([, contains]) => contains(inner))?.[0] ?? 'public';
}

/** One spelling: an IPv4 address inside an IPv6 one (mapped, NAT64 of RFC 6052) comes out. Undefined for what is no address. */
export function canonicalAddress(address: string): string | undefined {
  if (isIPv4(address)) return address;
  if (!isIPv6(address) || address.includes('%')) return undefined;
  const shortest = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const embedded = /^::ffff:(?=[^:]+:[^:]+$)/.exec(shortest) ?? NAT64.exec(shortest);
  if (!embedded) return shortest;
  const groups = shortest.slice(embedded[0].length).split(':').filter(Boolean);
  if (groups.length > 2) return shortest;
  const value = groups.reduce((sum, group) => sum * 65_536 + parseInt(group, 16), 0);
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** Whether an address, spelled canonically, lies in one of these CIDR ranges. */
export function networkList(ranges: readonly string[]): (address: string) => boolean {
  // One list a family: a list of both takes an IPv4 address for its mapped form, and so for one of ::/3.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const range of ranges) {
    const [base = '', prefix = ''] = range.split('/');
    lists[familyOf(base)].addSubnet(base, Number(prefix), familyOf(base));
  }
  return (address) => lists[familyOf(address)].check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}
