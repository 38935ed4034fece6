// A keyed hash of the names of callers (HalfSipHash-2-4, 64 bits). The key is drawn anew in each process, so that nobody can choose
// addresses that fall into one bucket and push each other out (CWE-407).
import { getRandomValues } from 'node:crypto';

/** Leaves its result in `high` and `low`: a decision takes a fraction of a microsecond, and must not make garbage. */
export class KeyedHash {
  high = 0;
  low = 0;
  private readonly key: Uint32Array;

  /** @param key two words; drawn at random by default */
  constructor(key: Uint32Array = getRandomValues(new Uint32Array(2))) {
    this.key = key;
  }

  /** @param salt tells equal texts of different kinds apart */
  of(salt: number, text: string): void {
    const k0 = this.key[0] ?? 0;
    const k1 = this.key[1] ?? 0;
    let v0 = k0;
    let v1 = k1 ^ 0xee;
    let v2 = 0x6c796765 ^ k0;
    let v3 = 0x74656462 ^ k1;
    const words = (text.length + 1) >> 1;
    for (let at = -1; at <= words; at++) {
      const index = at * 2;
      const message =
        at < 0
          ? salt
          : at === words
            ? text.length
            : text.charCodeAt(index) | (index + 1 < text.length ? text.charCodeAt(index + 1) << 16 : 0);
      v3 ^= message;
      for (let round = 0; round < 2; round++) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
      v0 ^= message;
    }
    v2 ^= 0xee;
    for (let round = 0; round < 8; round++) {
      if (round === 4) {
        this.low = (v1 ^ v3) >>> 0;
        v1 ^= 0xdd;
      }
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.high = (v1 ^ v3) >>> 0;
  }
}
