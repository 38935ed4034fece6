// When the next write begins: a write costs the same for one record as for fifty, and under load more of them come meanwhile.

/** Between the beginnings of two writes, milliseconds: a call that comes alone waits for none, and a crowd costs fewer of them. */
const PACE_MS = { few: 1, crowd: 3 };
/** So many records in one write are a crowd: more than 10,000 a second. */
const CROWD = 32;

export class CommitPace {
  /** When the last write began. */
  private begun = 0;
  private pace = PACE_MS.few;

  /** @param waits whether there is something to write */
  async wait(waits: boolean): Promise<void> {
    const early = this.begun + this.pace - performance.now();
    if (early > 0 && waits) await new Promise((resolve) => setTimeout(resolve, early));
    this.begun = performance.now();
  }

  /** Told of each write. */
  wrote(records: number): void {
    this.pace = records < CROWD ? PACE_MS.few : PACE_MS.crowd;
  }
}
