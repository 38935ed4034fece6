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

/** Writes by a temporary file and a rename, so that a full disk cannot leave a truncated file. */
export function putFile(file: string, content: string): void {
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
