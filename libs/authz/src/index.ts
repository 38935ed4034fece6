export { accessOf, type Access } from './access.ts';
export { Public, Scopes, SenderConstrained } from './access.decorators.ts';
export { authorize } from './authorize.ts';
export { Caller } from './caller.decorator.ts';
export { ownRows, reachOf, tenantRows, type Reach } from './policy.ts';
export { enterTenant, inTenant, tenantTableStatements } from './tenant.ts';
