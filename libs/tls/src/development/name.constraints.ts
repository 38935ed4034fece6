// The names that a development CA may sign for (RFC 5280 §4.2.1.10): who trusts it in a browser does not hand the thief of its key
// every site of the web, only localhost and the names that the workspace uses.
import { isIP, isIPv4 } from 'node:net';
import 'reflect-metadata'; // @peculiar/x509 refuses to load without it
import { Extension } from '@peculiar/x509';

const OID = '2.5.29.30';
const DNS = 0x82;
const ADDRESS = 0x87;
const PERMITTED = 0xa0;
const SEQUENCE = 0x30;

/** A critical extension that permits these names, the names below them, and these addresses; nothing else. */
export function nameConstraints(names: readonly string[]): Extension {
  const subtrees = names.map((name) =>
    der(SEQUENCE, isIP(name) ? der(ADDRESS, addressAndMask(name)) : der(DNS, Buffer.from(base(name)))),
  );
  return new Extension(OID, true, der(SEQUENCE, der(PERMITTED, Buffer.concat(subtrees))));
}

/** The permitted names of an extension that {@link nameConstraints} made; undefined where the CA has none. */
export function permittedNames(extensions: readonly Extension[]): string[] | undefined {
  const extension = extensions.find(({ type }) => type === OID);
  if (!extension) return undefined;
  const [outer] = read(Buffer.from(extension.value));
  const [permitted] = read(outer?.value ?? Buffer.alloc(0));
  return read(permitted?.value ?? Buffer.alloc(0)).flatMap(({ value }) =>
    read(value).map((name) => (name.tag === DNS ? name.value.toString('ascii') : address(name.value))),
  );
}

/** Whether names permit a name. */
export function permits(permitted: readonly string[], name: string): boolean {
  const wanted = isIP(name) ? address(addressAndMask(name)) : base(name);
  return permitted.some((own) => own === wanted || (!isIP(wanted) && !isIP(own) && wanted.endsWith(`.${own}`)));
}

const base = (name: string) => name.replace(/^\*\./, '').toLowerCase();

function addressAndMask(text: string): Buffer {
  const bytes = isIPv4(text) ? Buffer.from(text.split('.').map(Number)) : ipv6Bytes(text);
  return Buffer.concat([bytes, Buffer.alloc(bytes.length, 0xff)]);
}

/** The URL parser writes an address in its shortest form; the groups that `::` left out are zero. */
function ipv6Bytes(text: string): Buffer {
  const [head = '', tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => (part ? part.split(':') : []);
  const left = groups(head);
  const right = groups(tail ?? '');
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Buffer.from(all.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]));
}

function address(value: Buffer): string {
  const bytes = value.subarray(0, value.length / 2);
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

function der(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

function read(bytes: Buffer): { tag: number; value: Buffer }[] {
  const found: { tag: number; value: Buffer }[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const first = bytes[at + 1] ?? 0;
    const extra = first < 0x80 ? 0 : first & 0x7f;
    const length = extra === 0 ? first : bytes.readUIntBE(at + 2, extra);
    const start = at + 2 + extra;
    found.push({ tag: bytes[at] ?? 0, value: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}
