// Everything that a command wants to change, held in memory until all of it is known to be right. plop writes as it goes
// and leaves half a service behind when an action fails; a plan is written whole or not at all.
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { readFile } from './plan.files.ts';
import { quote, RefusalError } from './refusal.error.ts';

/** One file that will differ. `undefined` means that the file does not exist (before or after). */
export interface Change {
  /** Relative to the workspace, with `/`. */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Something is no longer what the plan was made from: making the plan again may do. */
export class StalePlanError extends RefusalError {
  constructor(what: string) {
    super(`${what} changed while the plan was made`, 'Run the command again.');
  }
}

/** Changes to a workspace, not yet written, and what they were made from. */
export class Plan {
  /** What stood in the files that were looked at; all of them are seen as they were at first. */
  readonly #seen = new Map<string, string | undefined>();
  readonly #relied: { readonly what: string; readonly look: () => unknown; readonly seen: string }[] = [];
  readonly #changes = new Map<string, Change>();
  readonly #links = new Map<string, string | undefined>();

  constructor(readonly root: string) {}

  /** The text that `path` will have, or undefined when it will not exist. */
  read(path: string): string | undefined {
    const change = this.#changes.get(path);
    return change ? change.after : this.#disk(path);
  }

  /** What `look` finds now, a list of folders, say: where it finds something else when the plan is to be written, the plan is stale. */
  rely<T>(what: string, look: () => T): T {
    const found = look();
    this.#relied.push({ what, look, seen: JSON.stringify(found) });
    return found;
  }

  /**
   * Asks again for everything that the plan was made from: what another command has changed since is not in it.
   * @throws StalePlanError naming the first that is different
   */
  refuseStale(): void {
    const file = [...this.#seen].find(([path, text]) => readFile(join(this.root, path)) !== text)?.[0];
    const stale = file ?? this.#relied.find(({ look, seen }) => JSON.stringify(look()) !== seen)?.what;
    if (stale !== undefined) throw new StalePlanError(stale);
  }

  /**
   * Plans `content` for `path`.
   * @throws RefusalError when the path leaves the workspace or passes through a symbolic link
   */
  write(path: string, content: string): void {
    this.#set(path, content);
  }

  /** Plans that `path` goes. */
  remove(path: string): void {
    this.#set(path, undefined);
  }

  /** Plans a link in node_modules, where npm puts it for a workspace; `target` undefined takes it away. */
  link(path: string, target: string | undefined): void {
    this.#confine(path);
    this.#links.set(path, target);
  }

  /** What really differs from the disk, by path. */
  changes(): Change[] {
    return [...this.#changes.values()]
      .filter(({ before, after }) => before !== after)
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  links(): readonly (readonly [path: string, target: string | undefined])[] {
    return [...this.#links];
  }

  #set(path: string, after: string | undefined): void {
    this.#confine(path);
    const earlier = this.#changes.get(path);
    const before = earlier ? earlier.before : this.#disk(path);
    this.#changes.set(path, { path, before, after });
  }

  #disk(path: string): string | undefined {
    if (!this.#seen.has(path)) this.#seen.set(path, readFile(join(this.root, path)));
    return this.#seen.get(path);
  }

  #confine(path: string): void {
    const outside =
      posix.isAbsolute(path) || path.includes('\\') || posix.normalize(path) !== path || path.startsWith('..');
    if (outside || path === '.') {
      throw new RefusalError(`the path ${quote(path)} is not inside the workspace`, 'Use a plain name.');
    }
    const root = realpathSync(this.root);
    let folder = dirname(join(root, path));
    while (folder !== root && !exists(folder)) folder = dirname(folder);
    if (folder !== root && !realpathSync(folder).startsWith(root + sep) && !path.startsWith('node_modules/')) {
      throw new RefusalError(
        `the path ${quote(path)} leads out of the workspace by a link`,
        'Remove the symbolic link.',
      );
    }
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
