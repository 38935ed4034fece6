// Big-endian bytes with length-prefixed vectors, as TLS writes them (RFC 8446 §3).

/** `size` bytes, most significant first. */
export function uint(value: number, size: 1 | 2 | 3): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

/** A vector: its length in `size` bytes, then its parts. */
export function vector(size: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([uint(body.length, size), body]);
}

/** A list of 16-bit values inside a vector with a 16-bit length. */
export function uint16List(values: readonly number[]): Buffer {
  return vector(2, ...values.map((value) => uint(value, 2)));
}
