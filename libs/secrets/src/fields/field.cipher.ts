// Personal data at rest: a stolen database or backup shows nothing (ASVS 5.0 V11.3, V14.2). What is encrypted is bound to its table,
// row and column, so that a value copied to another row does not decrypt. A blind index finds exact matches without the text.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { SecretsError } from '../secrets.error.ts';
import type { DataKeyWrapper } from './data-key.wrapper.ts';

/** Where a value is stored. */
export interface FieldPlace {
  readonly table: string;
  readonly column: string;
  /** The primary key. */
  readonly row: string;
}

/** What {@link createFieldCipher} takes. */
export interface FieldCipherOptions {
  readonly wrapper: DataKeyWrapper;
  /** Keys of 32 bytes for the blind index, newest first; may be those of the wrapper. Asked each time. */
  readonly indexKeys?: () => Secret<readonly Uint8Array[]>;
  /** How many values one data key encrypts. NIST SP 800-38D allows 2^32 random nonces; fewer limit what one key opens. */
  readonly valuesPerKey?: number;
}

/** Encrypts and finds fields. */
export interface FieldCipher {
  /** @returns text for a column: `g1.<wrapped data key>.<nonce, box and tag>` */
  encrypt(text: string, place: FieldPlace): Promise<string>;
  /** @throws SecretsError `field-undecipherable` when it was changed, or is of another place */
  decrypt(stored: string, place: FieldPlace): Promise<string>;
  /** To store beside the value: equal texts of a column give equal indexes. 128 bits, base64url; by the newest key. */
  blindIndex(text: string, place: Pick<FieldPlace, 'table' | 'column'>): string;
  /** For `where holder_index in (…)`: by every key, so that rows of before a rotation are found. */
  blindIndexes(text: string, place: Pick<FieldPlace, 'table' | 'column'>): string[];
}

const FORMAT = 'g1';
const NONCE = 12;
const TAG = 16;
const KEYS_REMEMBERED = 256;

/**
 * Makes a field cipher.
 * @example
 * const fields = createFieldCipher({ wrapper: keyringWrapper(() => secrets.get('fieldKeys')) });
 * await fields.encrypt('Ada Lovelace', { table: 'accounts', column: 'holder', row: id });
 */
export function createFieldCipher({ wrapper, indexKeys, valuesPerKey = 2 ** 20 }: FieldCipherOptions): FieldCipher {
  const opened = new Map<string, Promise<Secret<Uint8Array>>>();
  let current: ReturnType<DataKeyWrapper['make']> | undefined;
  let used = 0;
  let epoch: unknown;

  /** Past its maxStale a key is not used, though what it opened is still at hand. */
  function followRotation(): void {
    const now = wrapper.epoch();
    if (now === epoch) return;
    epoch = now;
    current = undefined;
    opened.clear();
  }

  function dataKey() {
    followRotation();
    if (current === undefined || used >= valuesPerKey) {
      used = 0;
      const made = (current = wrapper.make());
      made
        .then(({ key, wrapped }) => remember(wrapped, Promise.resolve(key)))
        .catch(() => {
          if (current === made) current = undefined;
        });
    }
    used += 1;
    return current;
  }

  function remember(wrapped: string, key: Promise<Secret<Uint8Array>>): Promise<Secret<Uint8Array>> {
    const [oldest] = opened.keys();
    if (opened.size >= KEYS_REMEMBERED && oldest !== undefined) opened.delete(oldest);
    opened.set(wrapped, key);
    key.catch(() => opened.delete(wrapped));
    return key;
  }

  return {
    async encrypt(text, place) {
      const { key, wrapped } = await dataKey();
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', key.reveal(), nonce, { authTagLength: TAG });
      cipher.setAAD(associated(place, wrapped));
      const box = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${FORMAT}.${Buffer.from(wrapped).toString('base64url')}.${box.toString('base64url')}`;
    },
    async decrypt(stored, place) {
      const { wrapped, box } = split(stored);
      followRotation();
      const key = await (opened.get(wrapped) ?? remember(wrapped, wrapper.open(wrapped)));
      const cipher = createDecipheriv('aes-256-gcm', key.reveal(), box.subarray(0, NONCE), { authTagLength: TAG });
      cipher.setAAD(associated(place, wrapped));
      cipher.setAuthTag(box.subarray(-TAG));
      try {
        return Buffer.concat([cipher.update(box.subarray(NONCE, -TAG)), cipher.final()]).toString('utf8');
      } catch {
        throw undecipherable('it was changed, or belongs to another row or column');
      }
    },
    blindIndex: (text, place) => blindIndexesOf(text, place, (keys) => keys.slice(0, 1))[0] as string,
    blindIndexes: (text, place) => blindIndexesOf(text, place, (keys) => keys),
  };

  function blindIndexesOf(
    text: string,
    { table, column }: Pick<FieldPlace, 'table' | 'column'>,
    choose: (keys: readonly Uint8Array[]) => readonly Uint8Array[],
  ): string[] {
    if (!indexKeys) throw new SecretsError('options-invalid', 'the field cipher has no indexKeys', 'Give it some.');
    const info = JSON.stringify(['gatehouse blind index', table, column]);
    return choose(indexKeys().reveal()).map((key) => {
      const own = Buffer.from(hkdfSync('sha256', key, '', info, 32));
      return createHmac('sha256', own).update(text.normalize('NFC')).digest().subarray(0, 16).toString('base64url');
    });
  }
}

function split(stored: string): { wrapped: string; box: Buffer } {
  const [format, wrapped, box, ...rest] = stored.split('.');
  const bytes = Buffer.from(box ?? '', 'base64url');
  if (format !== FORMAT || !wrapped || rest.length > 0 || bytes.length < NONCE + TAG)
    throw undecipherable('it is none');
  // the last character of base64 has bits that no byte holds: one value has one spelling
  if (![wrapped, box].every((part = '') => Buffer.from(part, 'base64url').toString('base64url') === part))
    throw undecipherable('it was changed');
  return { wrapped: Buffer.from(wrapped, 'base64url').toString('utf8'), box: bytes };
}

/** A list in JSON is unambiguous: no separator that a name could hold. */
const associated = ({ table, column, row }: FieldPlace, wrapped: string) =>
  Buffer.from(JSON.stringify([FORMAT, table, column, row, wrapped]));

const undecipherable = (why: string) =>
  new SecretsError(
    'field-undecipherable',
    `an encrypted field cannot be read: ${why}`,
    'Restore the row from a backup.',
  );
