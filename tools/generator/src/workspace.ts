// Where things are: the workspace's root and the names that are taken in it.
import { existsSync, readdirSync } from 'node:fs';
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

/** The names of all npm workspaces, sorted. A folder with nothing but old build results in it is none. */
export function projectNames(root: string): string[] {
  return PROJECT_FOLDERS.flatMap((folder) =>
    folders(root, folder).filter((name) => isProject(root, `${folder}/${name}`)),
  ).sort();
}

/** Whether a folder is an npm workspace. */
export function isProject(root: string, folder: string): boolean {
  return existsSync(join(root, folder, 'package.json'));
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
