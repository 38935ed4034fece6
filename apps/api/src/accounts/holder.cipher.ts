// The name of an account's holder is personal data: in the database, its backups and its log it is ciphertext, bound to its row
// (ASVS 5.0 V14.2.4). An index by a secret key finds exact names.
import { Injectable } from '@nestjs/common';
import { createFieldCipher, type FieldCipher, keyringWrapper, Secrets } from '@gatehouse/secrets';
import type { apiSecrets } from '../api.secrets.ts';

const COLUMN = { table: 'accounts', column: 'holder' } as const;

/** What is stored of a holder. */
export interface SealedHolder {
  holder: string;
  holder_index: string;
}

@Injectable()
export class HolderCipher {
  private readonly fields: FieldCipher;

  constructor(secrets: Secrets<typeof apiSecrets>) {
    const keys = () => secrets.get('holderKeys');
    this.fields = createFieldCipher({ wrapper: keyringWrapper(keys), indexKeys: keys });
  }

  async seal(accountId: string, holder: string): Promise<SealedHolder> {
    return {
      holder: await this.fields.encrypt(holder, { ...COLUMN, row: accountId }),
      holder_index: this.fields.blindIndex(holder, COLUMN),
    };
  }

  /** @throws SecretsError `field-undecipherable` when it was changed, or copied from another account */
  open(accountId: string, sealed: string): Promise<string> {
    return this.fields.decrypt(sealed, { ...COLUMN, row: accountId });
  }

  /** What `holder_index` may be for this name. */
  indexes(holder: string): string[] {
    return this.fields.blindIndexes(holder, COLUMN);
  }
}
