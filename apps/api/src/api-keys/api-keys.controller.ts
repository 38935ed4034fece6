// API keys of the caller: never with more than the caller has, never made by a key (one that leaked could outlive its end).
import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { Audit, AuditFields } from '@gatehouse/audit';
import {
  Authenticator,
  insufficientScope,
  type ApiKeyOwner,
  type Principal,
  type StoredApiKey,
} from '@gatehouse/authn';
import { Caller, Scopes } from '@gatehouse/authz';
import { ProblemError } from '@gatehouse/problem-details';
import { Returns, ReturnsNothing } from '@gatehouse/validation';
import { apiKeyId, apiKeysList, madeApiKey, newApiKey, type ApiKeyView, type NewApiKey } from './api-keys.schemas.ts';

const DAY_MS = 86_400_000;
const MAX_KEYS = 50;

@Controller('v1/api-keys')
@Scopes('api-keys:manage')
export class ApiKeysController {
  constructor(private readonly authenticator: Authenticator) {}

  @Post()
  @Audit('api-key.create')
  @AuditFields({ clear: ['name', 'scopes', 'expiresInDays'] })
  @Returns(madeApiKey, { status: 201 })
  async create(@Caller() caller: Principal, @Body({ schema: newApiKey }) { name, scopes, expiresInDays }: NewApiKey) {
    if (caller.kind === 'api-key') throw new ProblemError('forbidden', { detail: 'A key does not make keys.' });
    if (scopes.some((scope) => !caller.scopes.has(scope))) throw insufficientScope(scopes);
    const owner = ownerOf(caller);
    await this.refuseMoreThan(MAX_KEYS, owner);
    const expiresAt = new Date(Date.now() + expiresInDays * DAY_MS);
    const { key, text } = await this.keys.create(owner, { name, scopes, expiresAt, plan: caller.plan });
    return { ...view(key), key: text };
  }

  @Get()
  @Returns(apiKeysList)
  async list(@Caller() caller: Principal) {
    return { items: (await this.keys.list(ownerOf(caller))).map(view) };
  }

  @Post(':id/rotate')
  @Audit('api-key.rotate')
  @Returns(madeApiKey, { status: 201 })
  async rotate(@Caller() caller: Principal, @Param('id', { schema: apiKeyId }) id: string) {
    if (caller.kind === 'api-key') throw new ProblemError('forbidden', { detail: 'A key does not make keys.' });
    const old = (await this.keys.find(ownerOf(caller), id)) ?? absent();
    if (old.scopes.some((scope) => !caller.scopes.has(scope))) throw insufficientScope(old.scopes);
    await this.refuseMoreThan(2 * MAX_KEYS, ownerOf(caller)); // each may have a successor beside it
    const { key, text } = (await this.keys.rotate(ownerOf(caller), id)) ?? absent();
    return { ...view(key), key: text };
  }

  @Delete(':id')
  @Audit('api-key.revoke')
  @ReturnsNothing()
  async revoke(@Caller() caller: Principal, @Param('id', { schema: apiKeyId }) id: string) {
    if (await this.keys.revoke(ownerOf(caller), id)) return;
    absent();
  }

  private async refuseMoreThan(most: number, owner: ApiKeyOwner): Promise<void> {
    if ((await this.keys.count(owner)) < most) return;
    throw new ProblemError('conflict', { detail: `There are ${most} keys: revoke one first.` });
  }

  private get keys() {
    const { apiKeys } = this.authenticator;
    if (apiKeys) return apiKeys;
    throw new Error('service.config.ts: authn.apiKeys is missing');
  }
}

const absent = (): never => {
  throw new ProblemError('not-found', { detail: 'There is no such key in force.' });
};

const ownerOf = ({ tenant, id, issuer }: Principal): ApiKeyOwner => ({ tenant, owner: id, ownerIssuer: issuer });

function view({ id, name, scopes, ...key }: StoredApiKey): ApiKeyView {
  return {
    id,
    name,
    scopes: [...scopes],
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt.toISOString(),
    revokedAt: key.revokedAt?.toISOString() ?? null,
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
  };
}
