import { Module } from '@nestjs/common';
import { AccountsModule } from './accounts/accounts.module.ts';
import { ApiKeysModule } from './api-keys/api-keys.module.ts';
import { TransfersModule } from './transfers/transfers.module.ts';

/** The resources of the service; each is a folder beside this file. */
@Module({ imports: [AccountsModule, ApiKeysModule, TransfersModule] })
export class AppModule {}
