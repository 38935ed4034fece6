import { Module } from '@nestjs/common';
import { IdempotencySweep } from './idempotency.sweep.ts';
import { TransfersController } from './transfers.controller.ts';
import { TransfersService } from './transfers.service.ts';

@Module({ controllers: [TransfersController], providers: [TransfersService, IdempotencySweep] })
export class TransfersModule {}
