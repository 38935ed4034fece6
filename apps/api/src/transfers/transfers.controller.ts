import { Body, Controller, Get, Headers, Post, Query, Res } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { Audit, AuditFields, AuditReference, type AuditedExchange } from '@gatehouse/audit';
import type { Principal } from '@gatehouse/authn';
import { Caller, Scopes } from '@gatehouse/authz';
import { RateLimit, Throttle } from '@gatehouse/rate-limit';
import { Returns } from '@gatehouse/validation';
import type { FastifyReply } from 'fastify';
import { ledgerProblems } from '../ledger/ledger.problems.ts';
import { readIdempotencyKey } from './idempotency.key.ts';
import { newTransfer, transfersPage, transfersQuery, transferView } from './transfers.schemas.ts';
import type { NewTransfer, TransfersQuery } from './transfers.schemas.ts';
import { TransfersService } from './transfers.service.ts';

@Controller('v1/transfers')
export class TransfersController {
  constructor(private readonly transfers: TransfersService) {}

  // each is a serialisable transaction: a caller that sends them in a flood slows down everybody's
  @Post()
  @Scopes('transfers:write')
  @Audit('transfer.create', { object: involved })
  @AuditFields({ clear: ['amount', 'currency'] })
  @Throttle({ default: { limit: 1_800, ttl: 60_000 } })
  @RateLimit({ burst: 500 })
  @ApiHeader({ name: 'Idempotency-Key', required: true, schema: { type: 'string', minLength: 1, maxLength: 255 } })
  @Returns(transferView, { status: 201, problems: Object.keys(ledgerProblems) })
  async create(
    @Caller() caller: Principal,
    @Headers('idempotency-key') key: string | undefined,
    @Body({ schema: newTransfer }) body: NewTransfer,
    @AuditReference() event: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { transfer, replayed } = await this.transfers.create(caller, readIdempotencyKey(key), body, event);
    if (replayed) reply.header('idempotency-replayed', 'true');
    return transfer;
  }

  @Get()
  @Scopes('transfers:read')
  @Returns(transfersPage)
  list(@Caller() caller: Principal, @Query({ schema: transfersQuery }) query: TransfersQuery) {
    return this.transfers.list(caller, query);
  }
}

/** What the event of a transfer is about. */
function involved({ body, result }: AuditedExchange) {
  return { account: [body.from, body.to], transfer: result?.id };
}
