// What the database holds of a key: an HMAC under a key that the database does not have, so that a copy of the table opens nothing and
// cannot be filled with hashes of one's own.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** The keys of the hashes, newest first; asked each time, since they rotate. */
export type HashKeys = () => readonly Uint8Array[];

/** For an id that does not exist: the same work as for one that does. */
const NOBODYS = randomBytes(32);

export function hashApiKey(text: string, keys: HashKeys): Buffer {
  const [newest] = keys();
  if (!newest) throw new Error('the keyring of API key hashes is empty');
  return hmac(newest, text);
}

/** Which key of the ring the hash was made with; -1 for none, as for an unknown key. Takes the same time whatever it finds. */
export function matchApiKey(text: string, stored: Buffer | undefined, keys: HashKeys): number {
  let match = -1;
  for (const [index, key] of keys().entries()) {
    if (timingSafeEqual(hmac(key, text), stored?.length === 32 ? stored : NOBODYS)) match = index;
  }
  return stored ? match : -1;
}

const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();
