// A resource is a folder of its own in a service, one line in app.module.ts and one in service.config.ts.
import { describePart, hash, type Manifest, readManifest, writeManifest } from './manifest.ts';
import { formatPlan } from './plan.format.ts';
import { type Plan, StalePlanError } from './plan.ts';
import { addToList, type ListPlace, removeFromList } from './source.edit.ts';
import { renderTemplates } from './template.renderer.ts';
import { camelCase, pascalCase, snakeCase } from './word.forms.ts';
import { folders } from './workspace.ts';

interface Edit {
  readonly file: string;
  readonly place: ListPlace;
  readonly entry: { readonly symbol: string; readonly from: string; readonly element: string };
}

/** The two places of a service that know its resources. */
function edits(resource: string, storage: string): Edit[] {
  const module = `${pascalCase(resource)}Module`;
  const migrations = `${camelCase(resource)}Migrations`;
  const inModule: Edit = {
    file: 'src/app.module.ts',
    place: { call: 'Module', path: ['imports'] },
    entry: { symbol: module, from: `./${resource}/${resource}.module.ts`, element: module },
  };
  const inDescriptor: Edit = {
    file: 'service.config.ts',
    place: { call: 'defineService', path: ['database', 'migrations'] },
    entry: {
      symbol: migrations,
      from: `./src/${resource}/${resource}.migrations.ts`,
      element: `...${migrations}`,
    },
  };
  return storage === 'postgres' ? [inModule, inDescriptor] : [inModule];
}

/** Plans a resource's files in a service whose own files are planned or written. */
export async function planResource(plan: Plan, service: string, resource: string, singular: string): Promise<void> {
  const folder = `apps/${service}`;
  const manifest = readManifest(plan, folder);
  if (!manifest) throw new StalePlanError(folder); // it was there when the questions were checked
  const storage = String(manifest.answers.storage);
  const variables = {
    service,
    resource,
    singular,
    Resource: pascalCase(resource),
    Singular: pascalCase(singular),
    resourceVar: camelCase(resource),
    singularVar: camelCase(singular),
    table: snakeCase(resource),
    migration: nextMigration(plan, folder),
    database: storage === 'postgres',
  };
  const files = [
    ...(await renderTemplates(plan.root, 'resource', variables)),
    ...(await renderTemplates(plan.root, `resource-${storage}`, variables)),
  ];
  for (const { path, content } of files) plan.write(`${folder}/${path}`, content);
  const owned = await editOwned(plan, folder, manifest, edits(resource, storage), addToList);
  const part = describePart(
    plan,
    folder,
    { name: resource, singular },
    files.map(({ path }) => `${folder}/${path}`),
  );
  writeManifest(plan, folder, { ...owned, resources: { ...owned.resources, [resource]: part } });
}

// migrations run in the order of their names, so a later resource's comes after all that may have run
function nextMigration(plan: Plan, folder: string): string {
  const source = `${folder}/src`;
  const numbers = plan
    .rely(source, () => folders(plan.root, source))
    .flatMap((resource) => {
      const text = plan.read(`${source}/${resource}/${resource}.migrations.ts`) ?? '';
      return [...text.matchAll(/^ {2}'(\d{4})-/gm)].map(([, number]) => Number(number));
    });
  return String(Math.max(0, ...numbers) + 1).padStart(4, '0');
}

/** Plans that a resource's edits and its place in the manifest go; its files are the caller's. */
export async function unplanResource(plan: Plan, service: string, resource: string): Promise<void> {
  const folder = `apps/${service}`;
  const manifest = readManifest(plan, folder) as Manifest;
  const owned = await editOwned(
    plan,
    folder,
    manifest,
    edits(resource, String(manifest.answers.storage)),
    removeFromList,
  );
  const resources = Object.fromEntries(Object.entries(owned.resources ?? {}).filter(([name]) => name !== resource));
  writeManifest(plan, folder, { ...owned, resources });
}

// an edit by the generator is not an edit by its owner: where the hash matched before, it matches after
async function editOwned(
  plan: Plan,
  folder: string,
  manifest: Manifest,
  list: Edit[],
  edit: typeof addToList,
): Promise<Manifest> {
  const asGenerated = list.filter(({ file }) => hash(plan.read(`${folder}/${file}`) ?? '') === manifest.files[file]);
  for (const { file, place, entry } of list) {
    const path = `${folder}/${file}`;
    plan.write(path, edit(path, plan.read(path) ?? '', place, entry));
  }
  await formatPlan(plan);
  const files = asGenerated.map(({ file }) => [file, hash(plan.read(`${folder}/${file}`) as string)] as const);
  return { ...manifest, files: { ...manifest.files, ...Object.fromEntries(files) } };
}
