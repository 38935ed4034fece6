// Whoever has an IPv6 network has 2^64 addresses of it: there the /64 is who calls, and the /48 the network; in IPv4 the address and
// the /24 (CWE-770: state by full address would be theirs to fill).
import { isIPv6, SocketAddress } from 'node:net';

/** Who calls, as far as an address tells. */
export function callerOf(address: string): string {
  const plain = unmapped(address);
  return isIPv6(plain) ? `${groups(plain).slice(0, 4).join(':')}::/64` : plain;
}

/** The network that an address is in. Family first: one device may well have an address of each. */
export function networkOf(address: string): { readonly family: 4 | 6; readonly network: string } {
  const plain = unmapped(address);
  if (isIPv6(plain)) return { family: 6, network: `${groups(plain).slice(0, 3).join(':')}::/48` };
  return { family: 4, network: `${plain.slice(0, plain.lastIndexOf('.'))}.0/24` };
}

function unmapped(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groups(address: string): string[] {
  const canonical = new SocketAddress({ address: address.split('%', 1)[0] ?? address, family: 'ipv6' }).address;
  const [head = '', tail] = canonical.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  return [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after];
}
