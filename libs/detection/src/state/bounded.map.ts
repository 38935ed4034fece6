// State by caller that cannot grow beyond its bound, at the same cost on every call: two generations, the older of which is dropped
// whole. What is used moves into the newer one, so it stays.

/** See the head of the file. */
export class BoundedMap<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();

  /** @param max entries of both generations together */
  constructor(private readonly max: number) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: string): V | undefined {
    const value = this.young.get(key);
    if (value !== undefined) return value;
    const older = this.old.get(key);
    if (older === undefined) return undefined;
    this.old.delete(key);
    this.set(key, older);
    return older;
  }

  set(key: string, value: V): void {
    if (this.young.size >= Math.ceil(this.max / 2) && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }

  entries(): IterableIterator<[string, V]> {
    return new Map([...this.old, ...this.young]).entries();
  }

  /** The value of a key, made where there is none. */
  at(key: string, make: () => V): V {
    const known = this.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made);
    return made;
  }

  delete(key: string): void {
    this.young.delete(key);
    this.old.delete(key);
  }
}
