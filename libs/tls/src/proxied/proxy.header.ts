// The header of the PROXY protocol, version 2 (haproxy.org, proxy-protocol.txt): what a balancer says about its client, before the first
// byte of the connection. Read strictly: whatever is not exactly in order refuses the connection.

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const FIXED = 16;
/** Longest header that is read, in bytes: addresses and the usual TLVs take about 200. */
const MAX_BYTES = 2_048;
const TCP4 = 0x11;
const TCP6 = 0x21;
const TLV_CRC32C = 0x03;
const TLV_SSL = 0x20;
const CLIENT_SSL = 0x01;

/** What a header says. */
export interface ProxyHeader {
  /** Bytes of the header: the connection's own begin after them. */
  readonly length: number;
  /** Of the client; undefined for a connection of the balancer's own (LOCAL, a health check). */
  readonly client?: { readonly address: string; readonly port: number };
  /** Whether the client spoke TLS with the balancer, as its SSL part says. */
  readonly encrypted: boolean;
}

/**
 * @returns undefined while the header is incomplete
 * @throws Error when it is no header, or one that is not accepted
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  const begin = Math.min(bytes.length, SIGNATURE.length);
  if (!bytes.subarray(0, begin).equals(SIGNATURE.subarray(0, begin))) throw new Error('no PROXY header, version 2');
  if (bytes.length < FIXED) return undefined;
  const length = FIXED + bytes.readUInt16BE(14);
  if (length > MAX_BYTES) throw new Error('a PROXY header longer than 2048 bytes');
  if (bytes.length < length) return undefined;
  const [command, family] = [bytes[12], bytes[13]];
  if (command === 0x20) return { length, encrypted: false };
  if (command !== 0x21) throw new Error('a PROXY header of another version or command');
  const header = Buffer.from(bytes.subarray(0, length));
  if (family === TCP4) return client(header, 4);
  if (family === TCP6) return client(header, 16);
  throw new Error('a PROXY header for something else than TCP');
}

function client(header: Buffer, size: 4 | 16): ProxyHeader {
  const tlvs = FIXED + 2 * size + 4;
  if (header.length < tlvs) throw new Error('a PROXY header without addresses');
  const source = header.subarray(FIXED, FIXED + size);
  const address = size === 4 ? source.join('.') : ipv6(source);
  const port = header.readUInt16BE(FIXED + 2 * size);
  return { length: header.length, client: { address, port }, encrypted: saysEncrypted(header, tlvs) };
}

function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

function saysEncrypted(header: Buffer, begin: number): boolean {
  let encrypted = false;
  for (let at = begin; at < header.length;) {
    if (at + 3 > header.length) throw new Error('a PROXY header that ends within a part');
    const [type, size] = [header[at], header.readUInt16BE(at + 1)];
    const value = header.subarray(at + 3, at + 3 + size);
    if (value.length < size) throw new Error('a PROXY header that ends within a part');
    if (type === TLV_CRC32C) checkSum(header, value);
    if (type === TLV_SSL) encrypted = ((value[0] ?? 0) & CLIENT_SSL) !== 0;
    at += 3 + size;
  }
  return encrypted;
}

/** The sum is over the whole header with the sum itself zero. */
function checkSum(header: Buffer, value: Buffer): void {
  if (value.length !== 4) throw new Error('a PROXY header with a checksum of another length');
  const said = value.readUInt32BE(0);
  value.fill(0);
  const sum = crc32c(header);
  value.writeUInt32BE(said, 0);
  if (sum !== said) throw new Error('a PROXY header with a wrong checksum');
}

/** CRC-32C (Castagnoli, RFC 9260 appendix A), reflected. */
export function crc32c(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}
