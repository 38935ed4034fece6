// The few things that a plan does to a disk.
import { lstatSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The text of a file, or undefined when there is none. */
export function readFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Where a file is written before it takes its place. One command writes at a time (plan.lock.ts), so one name is enough. */
export const temporaryOf = (file: string): string => `${file}.gatehouse.tmp`;

/** Writes by a temporary file and a rename, so that a full disk cannot leave a truncated file. */
export function putFile(file: string, content: string, mode = modeOf(file)): void {
  const temporary = temporaryOf(file);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(temporary, { force: true }); // of a command that was killed
  try {
    writeFileSync(temporary, content, { mode, flag: 'wx' });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

const modeOf = (file: string): number => lstatSync(file, { throwIfNoEntry: false })?.mode ?? 0o644;

/** Removes a file, and the folders that are empty without it. */
export function removeFile(root: string, path: string, onFolder: (folder: string) => void = () => undefined): void {
  rmSync(join(root, path), { force: true });
  for (let folder = dirname(join(root, path)); folder !== root; folder = dirname(folder)) {
    try {
      rmdirSync(folder);
    } catch {
      return; // it still holds something
    }
    onFolder(folder);
  }
}

/** Makes a link as it was; without a target there is none. */
export function putLink(link: string, target: string | undefined): void {
  rmSync(link, { force: true });
  if (target !== undefined) symlinkSync(target, link, 'junction');
}
