// Reads TLS structures from bytes that a stranger sent: every read is bounds-checked, nothing is trusted to be there.

/** The peer sent something that is not the TLS that it claims to be. */
export class MalformedTlsError extends Error {
  override readonly name = 'MalformedTlsError';
}

/** A cursor over bytes; every method throws {@link MalformedTlsError} past the end. */
export class ByteReader {
  #offset = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  uint(size: 1 | 2 | 3): number {
    return this.take(size).readUIntBE(0, size);
  }

  take(length: number): Buffer {
    if (length > this.remaining) throw new MalformedTlsError(`${length} bytes announced, ${this.remaining} present`);
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  /** A vector with a length of `size` bytes. */
  vector(size: 1 | 2 | 3): Buffer {
    return this.take(this.uint(size));
  }
}
