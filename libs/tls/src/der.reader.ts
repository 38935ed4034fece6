// Reads the few things of a certificate's DER (X.690) that Node does not tell: an extension by its identifier. Strict: what is not
// exactly in order is an error, since a name that two readers read differently is how one caller passes for another.

/** Tags of X.690 that are used here. */
export const TAG = { boolean: 0x01, octets: 0x04, oid: 0x06, sequence: 0x30, extensions: 0xa3 } as const;

/** One value, with its tag. */
export interface DerValue {
  readonly tag: number;
  readonly value: Buffer;
}

/** Every value of a sequence's content, in its order. @throws Error when it is no DER */
export function readDer(bytes: Buffer): DerValue[] {
  const found: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag, first] = [bytes[at], bytes[at + 1]];
    if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new Error('no DER');
    const extra = first < 0x80 ? 0 : first & 0x7f;
    if (first === 0x80 || extra > 4 || at + 2 + extra > bytes.length) throw new Error('no DER');
    const length = extra === 0 ? first : bytes.readUIntBE(at + 2, extra);
    const begin = at + 2 + extra;
    if (begin + length > bytes.length) throw new Error('no DER');
    found.push({ tag, value: bytes.subarray(begin, begin + length) });
    at = begin + length;
  }
  return found;
}

/** One value as DER. */
export function writeDer(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

/**
 * The content of an extension of a certificate, or undefined where it has none.
 *
 * @param certificate DER
 * @param oid the identifier's content, such as 551d11 (hex) for subjectAltName
 * @throws Error when the certificate is out of order or has the extension twice
 */
export function extensionOf(certificate: Buffer, oid: string): Buffer | undefined {
  const [outer] = readDer(certificate);
  const [tbs] = readDer(outer?.value ?? Buffer.alloc(0));
  const wrapper = readDer(tbs?.value ?? Buffer.alloc(0)).find(({ tag }) => tag === TAG.extensions);
  const [list] = readDer(wrapper?.value ?? Buffer.alloc(0));
  const found = readDer(list?.value ?? Buffer.alloc(0))
    .map(({ value }) => readDer(value))
    .filter(([id]) => id?.tag === TAG.oid && id.value.toString('hex') === oid);
  if (found.length > 1) throw new Error('an extension twice');
  const content = found[0]?.at(-1);
  if (content && content.tag !== TAG.octets) throw new Error('no DER');
  return content?.value;
}
