// Writes a plan whole or not at all. Every write is synchronous, so no signal handler runs between the first and
// the last; a failure on the way (full disk, no permission) undoes what was done, in reverse; a kill, and what a full disk does not
// let us undo, are undone by the next command (plan.journal.ts).
import { lstatSync, mkdirSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Change, type Plan, StalePlanError } from './plan.ts';
import { putFile, putLink, removeFile } from './plan.files.ts';
import { openJournal } from './plan.journal.ts';
import { alone } from './plan.lock.ts';
import { halfWritten } from './disk.error.ts';

const MAX_ATTEMPTS = 20; // where one is too late another was in time: of so many at once each comes to write

/**
 * Makes a plan and writes it. Where another command has written between the two, it is made again from what is there now.
 * @param make gets what it made the last time; its plan has no change where there is nothing to write
 * @throws StalePlanError when the workspace does not come to rest; and what `make` and {@link writePlan} throw
 */
export async function planAndWrite<T extends { readonly plan: Plan; readonly sweep?: () => void }>(
  make: (earlier?: T) => Promise<T>,
): Promise<T> {
  let made: T | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      made = await make(made);
      if (made.plan.changes().length > 0) await writePlan(made.plan, made.sweep);
      return made;
    } catch (error) {
      if (!(error instanceof StalePlanError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/**
 * Writes the plan.
 * @param sweep to be called when all is written, while nobody else writes
 * @throws StalePlanError when something changed on disk after the plan was made from it
 * @throws RefusalError when another command does not end, or the folder cannot be written to; what was written is taken back
 * @throws HalfWrittenError when it could not be taken back
 * @throws Error what the file system said, after everything written was taken back
 */
export function writePlan(plan: Plan, sweep: () => void = () => undefined): Promise<void> {
  return alone(plan.root, () => {
    const close = openJournal(plan);
    const undo: (() => void)[] = [];
    try {
      write(plan, undo);
    } catch (error) {
      if (!isTakenBack(undo)) throw halfWritten(plan.root, error as NodeJS.ErrnoException); // and the journal stays
      close();
      throw error;
    }
    close();
    sweep();
  });
}

function write(plan: Plan, undo: (() => void)[]): void {
  plan.refuseStale();
  for (const change of plan.changes()) writeChange(plan.root, change, undo);
  for (const [path, target] of plan.links()) writeLink(join(plan.root, path), target, undo);
}

/** Each step is tried: removing what is new may make the room that restoring what is old needs. */
function isTakenBack(undo: (() => void)[]): boolean {
  for (let steps = undo.reverse(); ;) {
    const failed = steps.filter((step) => !succeeds(step));
    if (failed.length === 0 || failed.length === steps.length) return failed.length === 0;
    steps = failed;
  }
}

function succeeds(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}

function writeChange(root: string, { path, before, after }: Change, undo: (() => void)[]): void {
  const file = join(root, path);
  const restore = () => (before === undefined ? rmSync(file, { force: true }) : putFile(file, before));
  if (after === undefined) {
    undo.push(restore);
    removeFile(root, path, (folder) => undo.push(() => mkdirSync(folder, { recursive: true })));
    return;
  }
  makeFolders(dirname(file), undo);
  putFile(file, after);
  undo.push(restore); // not before: a file that was not written needs no room for a second copy of itself
}

function makeFolders(folder: string, undo: (() => void)[]): void {
  if (lstatSync(folder, { throwIfNoEntry: false })) return;
  makeFolders(dirname(folder), undo);
  mkdirSync(folder);
  undo.push(() => rmdirSync(folder));
}

function writeLink(link: string, target: string | undefined, undo: (() => void)[]): void {
  const stats = lstatSync(link, { throwIfNoEntry: false });
  if (stats && !stats.isSymbolicLink()) throw new Error(`${link} is not a link`);
  const before = stats ? readlinkSync(link) : undefined;
  undo.push(() => putLink(link, before));
  if (target !== undefined) makeFolders(dirname(link), undo);
  const where = target === undefined || process.platform === 'win32' ? target : relative(dirname(link), target);
  putLink(link, where);
}
