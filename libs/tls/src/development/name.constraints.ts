// The names that a development CA may sign for (RFC 5280 §4.2.1.10): who trusts it in a browser does not hand the thief of its key
// every site of the web, only localhost and the names that the workspace uses.
import { isIP, isIPv4 } from 'node:net';
import { extensionOf, readDer, TAG, writeDer } from '../der.reader.ts';

/** id-ce-nameConstraints, as text and as the content of its DER. */
export const NAME_CONSTRAINTS = { oid: '2.5.29.30', der: '551d1e' } as const;
const DNS = 0x82;
const ADDRESS = 0x87;
const PERMITTED = 0xa0;

/** The content of an extension that permits these names, the names below them, and these addresses; nothing else. */
export function nameConstraints(names: readonly string[]): Buffer {
  const subtrees = names.map((name) =>
    writeDer(
      TAG.sequence,
      isIP(name) ? writeDer(ADDRESS, addressAndMask(name)) : writeDer(DNS, Buffer.from(base(name))),
    ),
  );
  return writeDer(TAG.sequence, writeDer(PERMITTED, Buffer.concat(subtrees)));
}

/**
 * The permitted names of a CA (DER) that {@link nameConstraints} made; undefined where it has none.
 *
 * @throws Error when it cannot be read
 */
export function permittedNames(certificate: Buffer): string[] | undefined {
  const content = extensionOf(certificate, NAME_CONSTRAINTS.der);
  if (!content) return undefined;
  const [outer] = readDer(content);
  const [permitted] = readDer(outer?.value ?? Buffer.alloc(0));
  return readDer(permitted?.value ?? Buffer.alloc(0)).flatMap(({ value }) =>
    readDer(value).map((name) => (name.tag === DNS ? name.value.toString('ascii') : address(name.value))),
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
