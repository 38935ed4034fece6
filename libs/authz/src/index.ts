export { accessOf, type Access } from './access.ts';
export { Public, ResourceScopes, Scopes, SenderConstrained } from './access.decorators.ts';
export { authorize } from './authorize.ts';
export { Caller } from './caller.decorator.ts';
export { OwnedMemory, type OwnedMemoryOptions } from './owned.memory.ts';
export type { Owned, OwnedRows, OwnedRowsPolicy } from './owned.rows.ts';
export { OwnedTable, type OwnedTableOptions, within } from './owned.table.ts';
export { ownRows, reachOf, tenantRows, type Reach } from './policy.ts';
export { enterTenant, inEveryTenant, inTenant, tenantTableStatements } from './tenant.ts';
