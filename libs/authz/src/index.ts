export { accessOf, type Access } from './access.ts';
export { Public, ResourceScopes, Scopes, SenderConstrained } from './access.decorators.ts';
export { authorize } from './authorize.ts';
export { Caller } from './caller.decorator.ts';
export { ownRows, reachOf, tenantRows, type Reach } from './policy.ts';
export { enterTenant, inEveryTenant, inTenant, tenantTableStatements } from './tenant.ts';
