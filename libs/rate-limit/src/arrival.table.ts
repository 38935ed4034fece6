// Until when each caller has used up its allowance, for a fixed number of callers: 16 bytes each, no timer, no garbage. A caller that
// owes nothing any more is the same as one never seen, so its place is free; when all places are taken the one that owes least gives way
// (counted), never one that is being held back: an attacker cannot be forgotten by flooding the table with fresh addresses.
import { KeyedHash } from './keyed.hash.ts';

/** Places looked at in each of the two buckets of a key. */
const WAYS = 8;

/** Room beyond the keys that are asked for: two choices of eight then practically never overflow. */
const SLACK = 1.5;

/** See the head of the file. Times are milliseconds of a clock that never goes back. */
export class ArrivalTable {
  /** Keys that gave way while they still owed something. */
  evicted = 0;
  readonly bytes: number;
  private readonly times: Float64Array;
  private readonly highs: Uint32Array;
  private readonly lows: Uint32Array;
  private readonly perUnit: number;
  /** Where the last {@link read} found its key; -1 when it did not. */
  private found = -1;

  constructor(
    maxKeys: number,
    private readonly hash = new KeyedHash(),
  ) {
    const buckets = Math.ceil((maxKeys * SLACK) / WAYS);
    this.perUnit = buckets / 2 ** 32;
    this.times = new Float64Array(buckets * WAYS);
    this.highs = new Uint32Array(buckets * WAYS);
    this.lows = new Uint32Array(buckets * WAYS);
    this.bytes = this.times.byteLength + this.highs.byteLength + this.lows.byteLength;
  }

  /** Keys that owe something now: looks at every place, a millisecond for a million. */
  held(now: number): number {
    const { times } = this;
    let held = 0;
    // by number: an iterator costs ten times as much until it has been compiled, and a scrape comes too seldom for that
    for (let place = 0; place < times.length; place++) if (times[place] > now) held += 1;
    return held;
  }

  /** The time that stands for a key, 0 for an unknown one. */
  read(salt: number, key: string): number {
    const { hash, highs, lows, perUnit } = this;
    hash.of(salt, key);
    const { high, low } = hash;
    for (let choice = 0; choice < 2; choice++) {
      const first = Math.floor((choice === 0 ? low : high) * perUnit) * WAYS;
      for (let slot = first; slot < first + WAYS; slot++) {
        if (lows[slot] !== low || highs[slot] !== high) continue;
        this.found = slot;
        return this.times[slot] ?? 0;
      }
    }
    this.found = -1;
    return 0;
  }

  /** Sets the time of the key that was read last. */
  write(time: number, now: number): void {
    const slot = this.found < 0 ? this.place(now) : this.found;
    this.times[slot] = time;
    this.highs[slot] = this.hash.high;
    this.lows[slot] = this.hash.low;
    this.found = slot;
  }

  /** The emptier of the two buckets; where both are full, whoever owes least. */
  private place(now: number): number {
    const { hash, times, perUnit } = this;
    let least = -1;
    let leastTime = Infinity;
    let fewest = WAYS + 1;
    for (let choice = 0; choice < 2; choice++) {
      const first = Math.floor((choice === 0 ? hash.low : hash.high) * perUnit) * WAYS;
      let own = first;
      let live = 0;
      for (let slot = first; slot < first + WAYS; slot++) {
        if ((times[slot] ?? 0) > now) live += 1;
        if ((times[slot] ?? 0) < (times[own] ?? 0)) own = slot;
      }
      const time = times[own] ?? 0;
      if (live > fewest || (live === fewest && time >= leastTime)) continue;
      [least, leastTime, fewest] = [own, time, live];
    }
    if (leastTime > now) this.evicted += 1;
    return least;
  }
}
