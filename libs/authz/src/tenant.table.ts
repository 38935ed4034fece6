// What makes a table a tenant's, as text: a descriptor lists its migrations, and reading it must not load what runs them.

/** The setting that the policies compare with. Unset, it is nobody's tenant. */
export const SETTING = 'gatehouse.tenant';
/** Set for the upkeep that concerns every tenant, and only by `inEveryTenant`: one grep finds it all. */
export const EVERY = 'gatehouse.every_tenant';

/**
 * What makes a table a tenant's: row-level security, forced, for reading and writing. For a migration.
 * @param table with a column `tenant`
 */
export function tenantTableStatements(table: string): string[] {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(table)) throw new Error(`no name of a table: ${table}`);
  const own = `tenant = nullif(current_setting('${SETTING}', true), '') or current_setting('${EVERY}', true) = 'on'`;
  return [
    `alter table "${table}" enable row level security`,
    `alter table "${table}" force row level security`,
    `create policy tenant on "${table}" using (${own}) with check (${own})`,
  ];
}
