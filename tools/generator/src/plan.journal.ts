// A command may be killed between its first write and its last, and two may run at once. So what a plan is about to change stands
// in a journal first, which is also the lock: the next command takes a dead one's changes back before it looks at anything.
import { linkSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { halfWritten } from './disk.error.ts';
import type { Plan } from './plan.ts';
import { putFile, putLink, readFile, removeFile } from './plan.files.ts';
import { RefusalError } from './refusal.error.ts';

interface Journal {
  readonly pid: number;
  readonly changes: readonly { readonly path: string; readonly before?: string; readonly after?: string }[];
  /** Links in node_modules, with their targets before. */
  readonly links: readonly { readonly path: string; readonly before?: string }[];
}

const FILE = '.gatehouse/generator.journal.json';
const WAIT_MS = 5_000;
const POLL_MS = 20;

/**
 * Writes down what the plan will change; waits while another command writes.
 * @returns to be called when all is written, or all is taken back
 * @throws RefusalError when another command does not end
 */
export function openJournal(plan: Plan): () => void {
  const file = join(plan.root, FILE);
  const own = `${file}.${process.pid}`;
  const links = plan.links().map(([path]) => ({ path, before: targetOf(join(plan.root, path)) }));
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  removeDead(file);
  try {
    writeFileSync(own, JSON.stringify({ pid: process.pid, changes: plan.changes(), links }), { mode: 0o600 });
    const deadline = Date.now() + WAIT_MS;
    while (!takes(own, file)) {
      const holder = readJournal(file);
      if (holder && !isAlive(holder.pid)) takeBackUnfinished(plan.root);
      else if (Date.now() > deadline) throw busy(holder);
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
    }
  } finally {
    rmSync(own, { force: true });
    removeIfEmpty(dirname(file));
  }
  return () => {
    rmSync(file, { force: true });
    removeIfEmpty(dirname(file));
  };
}

/**
 * Takes back what a command wrote that was killed half-way. A file that somebody changed since stays as it is.
 * @returns the paths taken back, and those that were left
 * @throws HalfWrittenError when the disk does not let it; a later call goes on
 */
export function takeBackUnfinished(root: string): { back: string[]; left: string[] } {
  const journal = readJournal(join(root, FILE));
  if (!journal || isAlive(journal.pid)) return { back: [], left: [] };
  try {
    return takeBack(root, journal);
  } catch (error) {
    throw halfWritten(root, error as NodeJS.ErrnoException);
  }
}

function takeBack(root: string, journal: Journal): { back: string[]; left: string[] } {
  const file = join(root, FILE);
  const result = { back: [] as string[], left: [] as string[] };
  for (const { path, before } of [...journal.links].reverse()) putLink(join(root, path), before);
  for (const { path, before, after } of [...journal.changes].reverse()) {
    rmSync(join(root, `${path}.${journal.pid}.tmp`), { force: true });
    const now = readFile(join(root, path));
    if (now === undefined && before === undefined) removeFile(root, path); // its folder may be there already
    if (now === before) continue;
    const mine = now === after;
    (mine ? result.back : result.left).push(path);
    if (mine && before === undefined) removeFile(root, path);
    else if (mine) putFile(join(root, path), before as string);
  }
  rmSync(file, { force: true });
  removeIfEmpty(dirname(file));
  return result;
}

/** Whether a command was killed half-way and nobody has taken it back. */
export function isUnfinished(root: string): boolean {
  const journal = readJournal(join(root, FILE));
  return journal !== undefined && !isAlive(journal.pid);
}

/** What a command left that was killed while it waited, or before its journal was whole. */
function removeDead(file: string): void {
  const mine = `${basename(file)}.`;
  for (const name of readdirSync(dirname(file))) {
    if (name.startsWith(mine) && !isAlive(Number(name.slice(mine.length)))) rmSync(join(dirname(file), name));
  }
}

/** A journal appears whole or not at all, and only where there is none. */
function takes(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readJournal(file: string): Journal | undefined {
  const text = readFile(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Journal;
  } catch {
    throw new RefusalError(`${FILE} is damaged: a command did not end`, 'See what git status says, then delete it.');
  }
}

function busy(holder: Journal | undefined): RefusalError {
  return new RefusalError(
    `another gatehouse command (process ${holder?.pid}) is writing to this workspace`,
    `Wait for it and try again; if there is no such command, delete ${FILE}.`,
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function targetOf(link: string): string | undefined {
  return lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(link) : undefined;
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // a service keeps its state there
  }
}
