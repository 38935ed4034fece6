// Takes away what was generated and nothing that a person wrote: edited and added files are named and kept, unless forced.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { deriveFiles } from './derived.files.ts';
import { readDescriptors } from './descriptor.reader.ts';
import { readObject } from './json.file.ts';
import { unlockWorkspace } from './lock.file.ts';
import { changedFiles, type Manifest, readManifest } from './manifest.ts';
import { isName } from './name.rules.ts';
import { formatPlan } from './plan.format.ts';
import { Plan } from './plan.ts';
import { removeReference } from './project.references.ts';
import { quote, RefusalError } from './refusal.error.ts';
import { unplanResource } from './resource.plan.ts';
import { folders } from './workspace.ts';

/** What destroying would do. */
export interface Destruction {
  readonly plan: Plan;
  /** Files of people that would be lost: edited since generation, or added. Relative to the workspace. */
  readonly edited: readonly string[];
  /** To be called when the plan is written: takes build results (ignored by git) and added files away. */
  readonly sweep: () => void;
}

// what git ignores in a project folder
const BUILT = ['node_modules', 'dist', 'bundle', 'out-tsc', 'coverage', '.gatehouse'];
const PARENT = { service: 'apps', lib: 'libs' } as const;

/**
 * Plans that a generated service or lib goes.
 * @throws RefusalError when it does not exist, was not generated, or something still depends on it
 */
export async function planDestroyProject(root: string, kind: 'service' | 'lib', name: string): Promise<Destruction> {
  const plan = new Plan(root);
  const folder = `${PARENT[kind]}/${name}`;
  const manifest = generated(plan, kind, name, folder);
  refuseDependents(plan, folder, name);
  const parts = [manifest, ...Object.values(manifest.resources ?? {})];
  const known = [...parts.flatMap(({ files }) => Object.keys(files)), 'generated.json'];
  const added = plan.rely(folder, () => filesIn(root, folder)).filter((path) => !known.includes(path));
  const edited = parts
    .flatMap((part) => changedFiles(plan, folder, part))
    .filter((path) => plan.read(`${folder}/${path}`) !== undefined);
  for (const path of known) {
    if (plan.read(`${folder}/${path}`) !== undefined) plan.remove(`${folder}/${path}`);
  }
  unlockWorkspace(plan, folder, `@gatehouse/${name}`);
  removeReference(plan, folder);
  if (kind === 'service') await deriveFiles(plan, await readDescriptors(root, plan, name));
  await formatPlan(plan);
  return {
    plan,
    edited: [...edited, ...added].map((path) => `${folder}/${path}`).sort(),
    sweep: () => rmSync(join(root, folder), { recursive: true, force: true }),
  };
}

/** Plans that one resource of a generated service goes. Throws as planDestroyProject does. */
export async function planDestroyResource(root: string, service: string, resource: string): Promise<Destruction> {
  const plan = new Plan(root);
  const folder = `apps/${service}`;
  const part = generated(plan, 'service', service, folder).resources?.[resource];
  if (!part)
    throw new RefusalError(`${folder} has no generated resource ${quote(resource)}`, 'Look into its generated.json.');
  const known = Object.keys(part.files);
  const source = `src/${resource}`;
  const added = plan
    .rely(source, () => filesIn(root, `${folder}/${source}`))
    .map((path) => `${source}/${path}`)
    .filter((path) => !known.includes(path));
  const edited = changedFiles(plan, folder, part).filter((path) => plan.read(`${folder}/${path}`) !== undefined);
  await unplanResource(plan, service, resource);
  for (const path of known) {
    if (plan.read(`${folder}/${path}`) !== undefined) plan.remove(`${folder}/${path}`);
  }
  return {
    plan,
    edited: [...edited, ...added].map((path) => `${folder}/${path}`).sort(),
    sweep: () => rmSync(join(root, folder, source), { recursive: true, force: true }),
  };
}

function generated(plan: Plan, kind: string, name: string, folder: string): Manifest {
  const manifest = isName(name) ? readManifest(plan, folder) : undefined;
  if (manifest?.kind === kind) return manifest;
  throw new RefusalError(
    `there is no generated ${kind} ${quote(name)}`,
    'Only what `gatehouse new` made can be destroyed.',
  );
}

function refuseDependents(plan: Plan, folder: string, name: string): void {
  const projects = plan.rely('the list of projects', () =>
    ['apps', 'libs', 'tools'].flatMap((parent) => folders(plan.root, parent).map((child) => `${parent}/${child}`)),
  );
  const users = projects
    .filter((other) => other !== folder)
    .filter((other) =>
      JSON.stringify(readObject(plan, `${other}/package.json`) ?? {}).includes(`"@gatehouse/${name}":`),
    );
  if (users.length > 0) {
    throw new RefusalError(`${folder} is still used by ${users.join(', ')}`, 'Take the dependency out there first.');
  }
}

/** Files under a folder without build results, relative to it, with `/`. */
function filesIn(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (BUILT.includes(entry.name) || /\.(?:tsbuildinfo|log)$/.test(entry.name)) return [];
    if (!entry.isDirectory()) return [entry.name];
    return filesIn(root, `${folder}/${entry.name}`).map((path) => `${entry.name}/${path}`);
  });
}
