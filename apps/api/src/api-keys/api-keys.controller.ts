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
    if ((await this.keys.count(owner)) >= MAX_KEYS)
      throw new ProblemError('conflict', { detail: `There are ${MAX_KEYS} keys: revoke one first.` });
    const expiresAt = new Date(Date.now() + expiresInDays * DAY_MS);
    const { key, text } = await this.keys.create(owner, { name, scopes, expiresAt, plan: caller.plan });
    return { ...view(key), key: text };
  }

  @Get()
  @Returns(apiKeysList)
  async list(@Caller() caller: Principal) {
    return { items: (await this.keys.list(ownerOf(caller))).map(view) };
  }

  @Delete(':id')
  @Audit('api-key.revoke')
  @ReturnsNothing()
  async revoke(@Caller() caller: Principal, @Param('id', { schema: apiKeyId }) id: string) {
    if (await this.keys.revoke(ownerOf(caller), id)) return;
    throw new ProblemError('not-found', { detail: 'There is no such key in force.' });
  }

  private get keys() {
    const { apiKeys } = this.authenticator;
    if (apiKeys) return apiKeys;
    throw new Error('service.config.ts: authn.apiKeys is missing');
  }
}

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
