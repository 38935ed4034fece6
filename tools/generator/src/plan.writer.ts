// Writes a plan whole or not at all. Every call is synchronous, so no signal handler runs between the first write and
// the last; a failure on the way (full disk, no permission) undoes what was done, in reverse.
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Change, Plan } from './plan.ts';
import { RefusalError } from './refusal.error.ts';

/**
 * Writes the plan.
 * @throws RefusalError when a file changed on disk after it was planned
 * @throws Error what the file system said, after everything written was taken back
 */
export function writePlan(plan: Plan): void {
  const changes = plan.changes();
  for (const { path, before } of changes) {
    if (read(join(plan.root, path)) !== before) {
      throw new RefusalError(`${path} changed while the plan was made`, 'Run the command again.');
    }
  }
  const undo: (() => void)[] = [];
  try {
    for (const change of changes) writeChange(plan.root, change, undo);
    for (const [path, target] of plan.links()) writeLink(join(plan.root, path), target, undo);
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw error;
  }
}

function writeChange(root: string, { path, before, after }: Change, undo: (() => void)[]): void {
  const file = join(root, path);
  const restore = () => (before === undefined ? rmSync(file, { force: true }) : put(file, before));
  if (after === undefined) {
    undo.push(restore);
    rmSync(file);
    removeEmptyFolders(root, dirname(file), undo);
    return;
  }
  makeFolders(dirname(file), undo);
  undo.push(restore);
  put(file, after);
}

// by a temporary file and a rename, so that a full disk cannot leave a truncated file
function put(file: string, content: string): void {
  const mode = lstatSync(file, { throwIfNoEntry: false })?.mode ?? 0o644;
  const temporary = `${file}.${process.pid}.tmp`;
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(temporary, content, { mode, flag: 'wx' });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function makeFolders(folder: string, undo: (() => void)[]): void {
  if (lstatSync(folder, { throwIfNoEntry: false })) return;
  makeFolders(dirname(folder), undo);
  mkdirSync(folder);
  undo.push(() => rmdirSync(folder));
}

function removeEmptyFolders(root: string, folder: string, undo: (() => void)[]): void {
  if (folder === root) return;
  try {
    rmdirSync(folder);
  } catch {
    return; // it still holds something
  }
  undo.push(() => mkdirSync(folder, { recursive: true }));
  removeEmptyFolders(root, dirname(folder), undo);
}

function writeLink(link: string, target: string | undefined, undo: (() => void)[]): void {
  const stats = lstatSync(link, { throwIfNoEntry: false });
  if (stats && !stats.isSymbolicLink()) throw new Error(`${link} is not a link`);
  const before = stats ? readlinkSync(link) : undefined;
  undo.push(() => {
    rmSync(link, { force: true });
    if (before !== undefined) symlinkSync(before, link, 'junction');
  });
  if (stats) rmSync(link);
  if (target === undefined) return;
  makeFolders(dirname(link), undo);
  symlinkSync(process.platform === 'win32' ? target : relative(dirname(link), target), link, 'junction');
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
