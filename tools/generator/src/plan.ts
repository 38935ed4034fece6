// Everything that a command wants to change, held in memory until all of it is known to be right. plop writes as it goes
// and leaves half a service behind when an action fails; a plan is written whole or not at all.
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { quote, RefusalError } from './refusal.error.ts';

/** One file that will differ. `undefined` means that the file does not exist (before or after). */
export interface Change {
  /** Relative to the workspace, with `/`. */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Changes to a workspace, not yet written. */
export class Plan {
  readonly #changes = new Map<string, Change>();
  readonly #links = new Map<string, string | undefined>();

  constructor(readonly root: string) {}

  /** The text that `path` will have, or undefined when it will not exist. */
  read(path: string): string | undefined {
    const change = this.#changes.get(path);
    return change ? change.after : this.#disk(path);
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
    try {
      return readFileSync(join(this.root, path), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
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
