// Keys are kept for a day: longer than any caller retries, short enough that the table stays small.
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { inEveryTenant } from '@gatehouse/authz';
import { Database } from '@gatehouse/database';
import { sql } from 'kysely';
import type { LedgerTables } from '../ledger/ledger.tables.ts';

/** How long a key is remembered. */
export const KEY_LIFETIME_HOURS = 24;

const EVERY_MS = 3_600_000;

@Injectable()
export class IdempotencySweep implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer?: NodeJS.Timeout;

  constructor(@Inject(Database) private readonly database: Database) {}

  onApplicationBootstrap(): void {
    // A database that is away is no fault here: the next round takes what this one left.
    this.timer = setInterval(() => void this.sweep().catch(() => undefined), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Forgets what is older than {@link KEY_LIFETIME_HOURS}. */
  async sweep(): Promise<void> {
    const oldest = sql<Date>`now() - make_interval(hours => ${KEY_LIFETIME_HOURS})`;
    await inEveryTenant(this.database.as<LedgerTables>(), (tx) =>
      tx.deleteFrom('idempotency_keys').where('created_at', '<', oldest).execute(),
    );
  }
}
