import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { Audit, AuditFields } from '@gatehouse/audit';
import { created, expectedVersion, Returns, tagged } from '@gatehouse/validation';
import type { FastifyReply } from 'fastify';
import { accountChange, accountId, accountsPage, accountsQuery, accountView, newAccount } from './accounts.schemas.ts';
import type { AccountChange, AccountsQuery, NewAccount } from './accounts.schemas.ts';
import { AccountsService } from './accounts.service.ts';

const REPLY = { passthrough: true };

@Controller('v1/accounts')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Post()
  @Audit('account.create')
  @AuditFields({ clear: ['currency', 'overdraftLimit'], keyed: ['holder'] })
  @Returns(accountView, { status: 201 })
  async create(@Body({ schema: newAccount }) body: NewAccount, @Res(REPLY) reply: FastifyReply) {
    return created(reply, '/v1/accounts', await this.accounts.create(body));
  }

  @Get()
  @Returns(accountsPage)
  list(@Query({ schema: accountsQuery }) query: AccountsQuery) {
    return this.accounts.list(query);
  }

  @Get(':id')
  @Returns(accountView)
  async find(@Param('id', { schema: accountId }) id: string, @Res(REPLY) reply: FastifyReply) {
    return tagged(reply, await this.accounts.find(id));
  }

  @Patch(':id')
  @Audit('account.change')
  @AuditFields({ clear: ['overdraftLimit'], keyed: ['holder'] })
  @Returns(accountView, { problems: ['conflict'] })
  async change(
    @Param('id', { schema: accountId }) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body({ schema: accountChange }) body: AccountChange,
    @Res(REPLY) reply: FastifyReply,
  ) {
    return tagged(reply, await this.accounts.change(id, expectedVersion(ifMatch), body));
  }
}
