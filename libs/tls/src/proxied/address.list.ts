// The addresses of balancers. A list that holds everybody is no list.
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { TlsError } from '../tls.error.ts';

/**
 * @param addresses IP addresses and CIDR ranges
 * @returns whether an address is among them; an IPv4 address in IPv6 form counts as IPv4
 * @throws TlsError for a range that holds every address
 */
export function addressList(addresses: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const text of addresses) {
    const [address = '', prefix] = text.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === '0') throw new TlsError(`${text} is everybody: list the addresses of the balancers.`);
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (given) => {
    const address = given?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '';
    if (isIPv4(address)) return list.check(address, 'ipv4');
    return isIPv6(address) && list.check(address, 'ipv6');
  };
}
