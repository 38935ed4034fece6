// Who somebody is can be matched from event to event, and not read: HMAC-SHA-256 under a key that the journal does not hold
// (GDPR Art. 4(5); ASVS 5.0 V16.2.5). The id of the key stands before the value, so that a rotation is seen.
import { createHash, createHmac } from 'node:crypto';

/** Callers whose value is remembered; a scan over many must not fill the memory. */
const REMEMBERED = 10_000;

/** Turns identifiers into `hmac:<id of the key>:<128 bits>`. */
export class KeyedIdentifier {
  private readonly known = new Map<string, string>();
  private readonly prefix: string;

  /** @param key 32 secret bytes */
  constructor(private readonly key: Uint8Array) {
    const id = createHash('sha256').update('gatehouse audit identifier\n').update(key).digest('hex').slice(0, 8);
    this.prefix = `hmac:${id}:`;
  }

  of(identifier: string): string {
    let value = this.known.get(identifier);
    if (value === undefined) {
      const mac = createHmac('sha256', this.key).update(identifier).digest().subarray(0, 16);
      value = this.prefix + mac.toString('base64url');
      if (this.known.size >= REMEMBERED) this.known.clear();
      this.known.set(identifier, value);
    }
    return value;
  }
}
