// Transit: encrypts, signs and authenticates with keys that never leave the vault.
import { Secret } from '../secret.ts';
import type { VaultSession } from './vault.session.ts';
import { VaultError } from './vault.error.ts';

/** A data key in clear and as the vault wrapped it. */
export interface TransitDataKey {
  readonly key: Secret<Uint8Array>;
  readonly wrapped: string;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** A transit mount. Texts that it returns begin with `vault:v<key version>:`. */
export class TransitEngine {
  constructor(
    private readonly session: VaultSession,
    private readonly mount: string,
  ) {}

  /** @param associated authenticated with the text, and needed again to decrypt */
  encrypt(key: string, plaintext: Uint8Array, associated?: Uint8Array): Promise<string> {
    const body = { plaintext: base64(plaintext), ...(associated ? { associated_data: base64(associated) } : {}) };
    return this.text('encrypt', key, body, 'ciphertext');
  }

  /** @throws VaultError `refused` when it is not of this key, or the associated data differ */
  async decrypt(key: string, ciphertext: string, associated?: Uint8Array): Promise<Secret<Uint8Array>> {
    const body = { ciphertext, ...(associated ? { associated_data: base64(associated) } : {}) };
    return new Secret(Buffer.from(await this.text('decrypt', key, body, 'plaintext'), 'base64'));
  }

  sign(key: string, input: Uint8Array): Promise<string> {
    return this.text('sign', key, { input: base64(input) }, 'signature');
  }

  verify(key: string, input: Uint8Array, signature: string): Promise<boolean> {
    return this.valid(key, { input: base64(input), signature });
  }

  hmac(key: string, input: Uint8Array): Promise<string> {
    return this.text('hmac', key, { input: base64(input) }, 'hmac');
  }

  verifyHmac(key: string, input: Uint8Array, hmac: string): Promise<boolean> {
    return this.valid(key, { input: base64(input), hmac });
  }

  /** A new key of 256 bits for envelope encryption. */
  async dataKey(key: string): Promise<TransitDataKey> {
    const { data } = await this.session.call({
      method: 'POST',
      path: [this.mount, 'datakey', 'plaintext', key],
      body: { bits: 256 },
    });
    const { plaintext, ciphertext } = data;
    if (typeof plaintext !== 'string' || typeof ciphertext !== 'string') throw incomplete('datakey');
    return { key: new Secret(Buffer.from(plaintext, 'base64')), wrapped: ciphertext };
  }

  /** A new version of the key; what former ones made stays readable. */
  async rotate(key: string): Promise<void> {
    await this.session.call({ method: 'POST', path: [this.mount, 'keys', key, 'rotate'], body: {} });
  }

  private async text(action: string, key: string, body: object, field: string): Promise<string> {
    const { data } = await this.session.call({ method: 'POST', path: [this.mount, action, key], body });
    const value = data[field];
    if (typeof value !== 'string') throw incomplete(action);
    return value;
  }

  private async valid(key: string, body: object): Promise<boolean> {
    const { data } = await this.session.call({ method: 'POST', path: [this.mount, 'verify', key], body });
    return data.valid === true;
  }
}

const incomplete = (action: string) =>
  new VaultError('refused', undefined, `transit/${action} gave an incomplete answer`, 'Check the mount and the key.');
