// Whom an address stands for. One IPv6 customer has a /64 at the least, and would otherwise be 2^64 callers; an IPv4 address written in
// IPv6 (::ffff:192.0.2.1, RFC 4291 §2.5.5.2) is the IPv4 caller.

/** Makes the function that turns an address into the key of its limits. What is no address shares one key. */
export function addressKeys(prefix: { ipv4Bits: number; ipv6Bits: number }): (address: string | undefined) => string {
  return (address) => {
    if (!address) return 'unknown';
    if (/^[\d.]{7,15}$/.test(address)) return prefix.ipv4Bits === 32 ? address : networkOf4(address, prefix.ipv4Bits);
    const groups = parse6(address);
    if (!groups) return 'unknown';
    if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
      const [high = 0, low = 0] = groups.slice(6);
      return networkOf4(`${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`, prefix.ipv4Bits);
    }
    return networkOf6(groups, prefix.ipv6Bits);
  };
}

function networkOf4(address: string, bits: number): string {
  if (bits === 32) return address;
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const network = Math.floor(number / 2 ** (32 - bits)) * 2 ** (32 - bits);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.')}/${bits}`;
}

function networkOf6(groups: readonly number[], bits: number): string {
  let text = '';
  for (let index = 0; index * 16 < bits; index++) {
    const kept = Math.min(16, bits - index * 16);
    text += `${((groups[index] ?? 0) & (0xffff << (16 - kept)) & 0xffff).toString(16)}:`;
  }
  return bits === 128 ? text.slice(0, -1) : `${text}:/${bits}`;
}

/** The eight groups of an IPv6 address, its zone left out. */
function parse6(address: string): number[] | undefined {
  const zone = address.indexOf('%');
  const [head = '', tail, more] = (zone < 0 ? address : address.slice(0, zone)).split('::');
  if (more !== undefined) return undefined;
  const front = groupsOf(head);
  if (tail === undefined) return front?.length === 8 ? front : undefined;
  const back = groupsOf(tail);
  if (!front || !back || front.length + back.length > 7) return undefined;
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  for (const part of text.split(':')) {
    const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(part);
    if (dotted) {
      const [a = 0, b = 0, c = 0, d = 0] = dotted.slice(1).map(Number);
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
