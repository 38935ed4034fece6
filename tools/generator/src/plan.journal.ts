// A command may be killed between its first write and its last. So what a plan is about to change stands in a journal first: the next one
// that may write (plan.lock.ts) and finds a journal takes a dead one's changes back, before it looks at anything.
import { existsSync, lstatSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { halfWritten } from './disk.error.ts';
import { putFile, putLink, readFile, removeFile, temporaryOf } from './plan.files.ts';
import { alone } from './plan.lock.ts';
import type { Plan } from './plan.ts';
import { RefusalError } from './refusal.error.ts';

interface Journal {
  readonly changes: readonly { readonly path: string; readonly before?: string; readonly after?: string }[];
  /** Links in node_modules, with their targets before. */
  readonly links: readonly { readonly path: string; readonly before?: string }[];
}

const FILE = '.gatehouse/generator.journal.json';

/**
 * Takes back what a dead command left, and writes down what the plan will change. Only for who is {@link alone}.
 * @returns to be called when all is written, or all is taken back
 */
export function openJournal(plan: Plan): () => void {
  const file = join(plan.root, FILE);
  takeBack(plan.root);
  const links = plan.links().map(([path]) => ({ path, before: targetOf(join(plan.root, path)) }));
  putFile(file, JSON.stringify({ changes: plan.changes(), links }), 0o600);
  return () => rmSync(file, { force: true });
}

/**
 * Takes back what a command wrote that was killed half-way. A file that somebody changed since stays as it is.
 * @returns the paths taken back, and those that were left
 * @throws HalfWrittenError when the disk does not let it; a later call goes on
 * @throws RefusalError when another command writes and does not end
 */
export async function takeBackUnfinished(root: string): Promise<{ back: string[]; left: string[] }> {
  return existsSync(join(root, FILE)) ? alone(root, () => takeBack(root)) : { back: [], left: [] };
}

/** Whether a command was killed half-way and nobody has taken it back; waits while one writes. */
export async function isUnfinished(root: string): Promise<boolean> {
  return existsSync(join(root, FILE)) && alone(root, () => existsSync(join(root, FILE)));
}

function takeBack(root: string): { back: string[]; left: string[] } {
  const result = { back: [] as string[], left: [] as string[] };
  const { changes, links } = readJournal(root);
  try {
    for (const { path, before } of [...links].reverse()) putLink(join(root, path), before);
    for (const { path, before, after } of [...changes].reverse()) {
      rmSync(temporaryOf(join(root, path)), { force: true });
      const now = readFile(join(root, path));
      if (now === undefined && before === undefined) removeFile(root, path); // its folder may be there already
      if (now === before) continue;
      const mine = now === after;
      (mine ? result.back : result.left).push(path);
      if (mine && before === undefined) removeFile(root, path);
      else if (mine) putFile(join(root, path), before as string);
    }
    rmSync(join(root, FILE), { force: true });
  } catch (error) {
    throw halfWritten(root, error as NodeJS.ErrnoException);
  }
  return result;
}

function readJournal(root: string): Journal {
  const text = readFile(join(root, FILE));
  if (text === undefined) return { changes: [], links: [] };
  try {
    return JSON.parse(text) as Journal;
  } catch {
    throw new RefusalError(`${FILE} is damaged: a command did not end`, 'See what git status says, then delete it.');
  }
}

function targetOf(link: string): string | undefined {
  return lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(link) : undefined;
}
