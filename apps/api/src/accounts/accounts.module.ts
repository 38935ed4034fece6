import { Module } from '@nestjs/common';
import { AccountsController } from './accounts.controller.ts';
import { AccountsService } from './accounts.service.ts';
import { HolderCipher } from './holder.cipher.ts';
import { HolderRotation } from './holder.rotation.ts';

@Module({ controllers: [AccountsController], providers: [AccountsService, HolderCipher, HolderRotation] })
export class AccountsModule {}
