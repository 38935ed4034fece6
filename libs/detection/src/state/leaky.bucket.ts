// CrowdSec's way to count: each event fills the bucket by one, it leaks one every so often, and what does not fit is an alarm. With
// `distinct`, only what was not seen since the bucket was last empty counts.

/** See the head of the file. */
export class LeakyBucket {
  private level = 0;
  private at = -Infinity;
  private seen: Set<string> | undefined;

  /**
   * @param at milliseconds
   * @param distinct counts once while the bucket is not empty
   * @returns whether the bucket overflowed; it is empty then
   */
  pour(at: number, capacity: number, leakSeconds: number, distinct?: string): boolean {
    const leaked = Math.max(0, at - this.at) / (leakSeconds * 1_000);
    this.level = Math.max(0, this.level - leaked);
    this.at = Math.max(this.at, at);
    if (this.level === 0) this.seen = undefined;
    if (distinct !== undefined) {
      if (this.seen?.has(distinct)) return false;
      // a bucket that hovers below its rim must not collect for ever
      if (this.seen === undefined || this.seen.size > 4 * capacity) this.seen = new Set();
      this.seen.add(distinct);
    }
    this.level += 1;
    if (this.level <= capacity) return false;
    this.level = 0;
    this.seen = undefined;
    return true;
  }
}
