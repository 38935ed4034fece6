// Envelope encryption: each value is encrypted with a data key, and the data key with a key that stays in the vault (transit) or in a
// keyring of the secret store.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { Secret } from '../secret.ts';
import { SecretsError } from '../secrets.error.ts';
import type { TransitEngine } from '../vault/transit.engine.ts';

/** Makes data keys of 32 bytes and opens wrapped ones. */
export interface DataKeyWrapper {
  /**
   * Another value than before means: make a new data key, and forget those that were opened.
   * @throws ProblemError `dependency-unavailable` while the keys may not be used
   */
  epoch(): unknown;
  make(): Promise<{ readonly key: Secret<Uint8Array>; readonly wrapped: string }>;
  /** @throws SecretsError when it was wrapped by another key */
  open(wrapped: string): Promise<Secret<Uint8Array>>;
}

/** Data keys wrapped by the vault: who steals database and disk of the service still has nothing. */
export function transitWrapper(transit: TransitEngine, key: string): DataKeyWrapper {
  return { epoch: () => key, make: () => transit.dataKey(key), open: (wrapped) => transit.decrypt(key, wrapped) };
}

const NONCE = 12;
const TAG = 16;
const ID = 8;

/** Data keys wrapped by the first key of a keyring (32 bytes each); all others still open. @param keys asked each time */
export function keyringWrapper(keys: () => Secret<readonly Uint8Array[]>): DataKeyWrapper {
  return {
    epoch: keys, // the same Secret until a rotation; too old, it is not given
    make: async () => {
      const [newest] = keys().reveal();
      if (!newest) throw unknownKey();
      const key = randomBytes(32);
      return { key: new Secret<Uint8Array>(key), wrapped: wrap(key, newest).toString('base64url') };
    },
    open: async (wrapped) => {
      const bytes = Buffer.from(wrapped, 'base64url');
      const id = bytes.subarray(0, ID);
      const found = keys()
        .reveal()
        .find((key) => idOf(key).equals(id));
      if (!found || bytes.length !== ID + NONCE + 32 + TAG) throw unknownKey();
      return new Secret<Uint8Array>(unwrap(bytes, found));
    },
  };
}

function wrap(key: Uint8Array, by: Uint8Array): Buffer {
  const header = Buffer.concat([idOf(by), randomBytes(NONCE)]);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey(by), header.subarray(ID), { authTagLength: TAG });
  cipher.setAAD(header);
  return Buffer.concat([header, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

function unwrap(wrapped: Buffer, by: Uint8Array): Buffer {
  const header = wrapped.subarray(0, ID + NONCE);
  const cipher = createDecipheriv('aes-256-gcm', wrappingKey(by), header.subarray(ID), { authTagLength: TAG });
  cipher.setAAD(header);
  cipher.setAuthTag(wrapped.subarray(-TAG));
  try {
    return Buffer.concat([cipher.update(wrapped.subarray(ID + NONCE, -TAG)), cipher.final()]);
  } catch {
    throw unknownKey();
  }
}

const wrappingKey = (key: Uint8Array) => Buffer.from(hkdfSync('sha256', key, '', 'gatehouse field wrapping', 32));

/** Names a key without telling it. */
const idOf = (key: Uint8Array) =>
  createHash('sha256').update('gatehouse field key id\0').update(key).digest().subarray(0, ID);

const unknownKey = () =>
  new SecretsError('field-undecipherable', 'no key of the keyring opens this data key', 'Bring the former key back.');
