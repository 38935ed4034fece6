// After a rotation of the keys every holder is encrypted with the newest one, so that a former key can be taken away.
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { inEveryTenant } from '@gatehouse/authz';
import { Database } from '@gatehouse/database';
import { Secrets } from '@gatehouse/secrets';
import type { Transaction } from 'kysely';
import type { apiSecrets } from '../api.secrets.ts';
import type { LedgerTables } from '../ledger/ledger.tables.ts';
import { HolderCipher } from './holder.cipher.ts';

const ROWS = 100;

@Injectable()
export class HolderRotation implements OnModuleInit, OnApplicationShutdown {
  private isStopping = false;

  constructor(
    private readonly database: Database,
    private readonly secrets: Secrets<typeof apiSecrets>,
    private readonly cipher: HolderCipher,
  ) {}

  onModuleInit(): void {
    this.secrets.onRotate('holderKeys', () => this.sealAnew());
  }

  onApplicationShutdown(): void {
    this.isStopping = true;
  }

  /** Idempotent, beside other replicas that do the same; a row that somebody changes meanwhile is left to him. */
  async sealAnew(): Promise<void> {
    const db = this.database.as<LedgerTables>();
    for (let seq = 0; !this.isStopping;) {
      const page = (tx: Transaction<LedgerTables>) =>
        tx.selectFrom('accounts').select(['id', 'seq', 'holder']).where('seq', '>', seq).orderBy('seq').limit(ROWS);
      const rows = await inEveryTenant(db, (tx) => page(tx).execute());
      for (const { id, holder } of rows) {
        const sealed = await this.cipher.seal(id, await this.cipher.open(id, holder));
        await inEveryTenant(db, (tx) =>
          tx.updateTable('accounts').set(sealed).where('id', '=', id).where('holder', '=', holder).execute(),
        );
      }
      const last = rows.at(-1);
      if (!last) return;
      seq = last.seq;
    }
  }
}
