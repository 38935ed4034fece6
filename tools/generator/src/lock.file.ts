// npm's own `install --package-lock-only` takes seconds and may ask the registry. A workspace that uses only versions the
// lock has already adds exactly two entries, so they are written here; a test holds them against npm's result.
import { readObject } from './json.file.ts';
import type { Plan } from './plan.ts';
import { RefusalError } from './refusal.error.ts';
import { isProject } from './workspace.ts';

interface Lock {
  packages: Record<string, Record<string, unknown> & { version?: string; link?: boolean; resolved?: string }>;
}

interface PackageJson {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const LOCK = 'package-lock.json';
// what npm copies from a package.json into the lock, in its order
const FIELDS = ['name', 'version', 'license', 'bin', 'dependencies', 'devDependencies', 'peerDependencies', 'engines'];

/**
 * Puts the workspace's own version in place of each "*" of a package.json, so that templates never lag behind an upgrade.
 * @throws RefusalError when the workspace does not have the package
 */
export function pinVersions(plan: Plan, folder: string): void {
  const lock = readLock(plan);
  const path = `${folder}/package.json`;
  const json = readObject(plan, path) as PackageJson;
  const pin = ([name, range]: [string, string]) => {
    const locked = lock.packages[`node_modules/${name}`];
    const version = locked?.link ? lock.packages[locked.resolved as string]?.version : locked?.version;
    if (range !== '*' || version === undefined) {
      throw new RefusalError(
        `${path} needs ${name} ${range}, which the workspace lacks`,
        'Install it, or mend templates/.',
      );
    }
    return [name, version] as const;
  };
  for (const group of ['dependencies', 'devDependencies'] as const) {
    if (json[group]) json[group] = Object.fromEntries(Object.entries(json[group]).map(pin));
  }
  plan.write(path, `${JSON.stringify(json, null, 2)}\n`);
}

/** Plans the lock's entries and the node_modules link for the workspace in `folder`, whose package.json is planned. */
export function lockWorkspace(plan: Plan, folder: string): void {
  const lock = readLock(plan);
  const json = readObject(plan, `${folder}/package.json`) as PackageJson & Record<string, unknown>;
  lock.packages[folder] = Object.fromEntries(FIELDS.filter((key) => key in json).map((key) => [key, json[key]]));
  lock.packages[`node_modules/${json.name}`] = { resolved: folder, link: true };
  writeLock(plan, lock);
  plan.link(`node_modules/${json.name}`, `${plan.root}/${folder}`);
}

/** Plans that the workspace's entries and its link go. */
export function unlockWorkspace(plan: Plan, folder: string, name: string): void {
  const lock = readLock(plan);
  unlock(plan, lock, folder, `node_modules/${name}`);
  writeLock(plan, lock);
}

/** Plans the same for each workspace that is not there any more: removed by hand, or not on this branch. */
export function unlockGone(plan: Plan): void {
  const lock = readLock(plan);
  const linked = Object.entries(lock.packages).filter(([, { link }]) => link);
  const gone = plan.rely('the list of projects', () =>
    linked.filter(([, { resolved = '' }]) => !isProject(plan.root, resolved)),
  );
  if (gone.length === 0) return; // as npm wrote it
  for (const [path, { resolved = '' }] of gone) unlock(plan, lock, resolved, path);
  writeLock(plan, lock);
}

/** With what is installed for that workspace alone. */
function unlock(plan: Plan, { packages }: Lock, folder: string, link: string): void {
  for (const path of Object.keys(packages)) {
    if ([folder, link].includes(path) || path.startsWith(`${folder}/node_modules/`)) delete packages[path];
  }
  plan.link(link, undefined);
}

function readLock(plan: Plan): Lock {
  const lock = readObject<Lock>(plan, LOCK);
  if (typeof lock?.packages === 'object') return lock;
  throw new RefusalError(`package-lock.json ${lock ? 'names no packages' : 'is missing'}`, 'Run npm install first.');
}

function writeLock(plan: Plan, lock: Lock): void {
  const entries = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  plan.write(LOCK, `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, null, 2)}\n`);
}
