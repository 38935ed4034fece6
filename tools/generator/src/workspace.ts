// Where things are: the workspace's root and the names that are taken in it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RefusalError } from './refusal.error.ts';

/** Folders whose children are npm workspaces; they share the one scope `@gatehouse/`. */
const PROJECT_FOLDERS = ['apps', 'libs', 'tools'] as const;

/**
 * The workspace that holds `from`.
 * @throws RefusalError outside of a Gatehouse workspace
 */
export function findWorkspace(from: string): string {
  let folder = from;
  for (;;) {
    if (existsSync(join(folder, 'nx.json')) && existsSync(join(folder, 'templates'))) return folder;
    const parent = dirname(folder);
    if (parent === folder) {
      throw new RefusalError(`${from} is not inside a Gatehouse workspace`, 'Change into your clone and try again.');
    }
    folder = parent;
  }
}

/** The names of all folders that are npm workspaces, sorted. */
export function projectNames(root: string): string[] {
  return PROJECT_FOLDERS.flatMap((folder) => folders(root, folder)).sort();
}

/** Folders of apps/ that have a descriptor, sorted. */
export function serviceFolders(root: string): string[] {
  return folders(root, 'apps').filter((name) => existsSync(join(root, 'apps', name, 'service.config.ts')));
}

/** Sub-folders of `path` in the workspace, sorted; none when it does not exist. */
export function folders(root: string, path: string): string[] {
  if (!existsSync(join(root, path))) return [];
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => entry.name)
    .sort();
}

/** The exact version of each package that the lock file puts at the top of node_modules. */
export function lockedVersion(lock: { packages: Record<string, { version?: string; link?: boolean }> }, name: string) {
  return lock.packages[`node_modules/${name}`]?.version;
}

/** Reads a JSON file of the workspace. */
export function readJson<T>(root: string, path: string): T {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as T;
}
