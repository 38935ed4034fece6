import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { Audit, AuditFields } from '@gatehouse/audit';
import type { Principal } from '@gatehouse/authn';
import { Caller, Scopes } from '@gatehouse/authz';
import { created, expectedVersion, Returns, tagged } from '@gatehouse/validation';
import type { FastifyReply } from 'fastify';
import { accountChange, accountId, accountsPage, accountsQuery, accountView, newAccount } from './accounts.schemas.ts';
import type { AccountChange, AccountsQuery, NewAccount } from './accounts.schemas.ts';
import { AccountsService } from './accounts.service.ts';

const REPLY = { passthrough: true };

@Controller('v1/accounts')
@Scopes('accounts:read')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Post()
  @Audit('account.create')
  @AuditFields({ clear: ['currency', 'overdraftLimit'], keyed: ['holder'] })
  @Scopes('accounts:write')
  @Returns(accountView, { status: 201 })
  async create(
    @Caller() caller: Principal,
    @Body({ schema: newAccount }) body: NewAccount,
    @Res(REPLY) reply: FastifyReply,
  ) {
    return created(reply, '/v1/accounts', await this.accounts.create(caller, body));
  }

  @Get()
  @Returns(accountsPage)
  list(@Caller() caller: Principal, @Query({ schema: accountsQuery }) query: AccountsQuery) {
    return this.accounts.list(caller, query);
  }

  @Get(':id')
  @Returns(accountView)
  async find(
    @Caller() caller: Principal,
    @Param('id', { schema: accountId }) id: string,
    @Res(REPLY) reply: FastifyReply,
  ) {
    return tagged(reply, await this.accounts.find(caller, id));
  }

  @Patch(':id')
  @Audit('account.change')
  @AuditFields({ clear: ['overdraftLimit'], keyed: ['holder'] })
  @Scopes('accounts:write')
  @Returns(accountView, { problems: ['conflict'] })
  async change(
    @Caller() caller: Principal,
    @Param('id', { schema: accountId }) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body({ schema: accountChange }) body: AccountChange,
    @Res(REPLY) reply: FastifyReply,
  ) {
    return tagged(reply, await this.accounts.change(caller, id, expectedVersion(ifMatch), body));
  }
}
