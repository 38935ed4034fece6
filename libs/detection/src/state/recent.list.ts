// The last things of a time, at most so many: for rules that ask how many different ones there were.

/** See the head of the file. */
export class RecentList<T> {
  private entries: { readonly at: number; readonly item: T }[] = [];

  constructor(private readonly max: number) {}

  /** Adds, and forgets what is older than the window. @returns what is left, oldest first */
  add(at: number, item: T, windowSeconds: number): readonly T[] {
    const oldest = at - windowSeconds * 1_000;
    this.entries = this.entries.filter((entry) => entry.at > oldest).slice(-(this.max - 1));
    this.entries.push({ at, item });
    return this.entries.map((entry) => entry.item);
  }

  clear(): void {
    this.entries = [];
  }
}
