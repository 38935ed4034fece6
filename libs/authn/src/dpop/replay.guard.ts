// A DPoP proof is good once (RFC 9449 §11.1). Remembered for as long as one could be shown again, in bounded memory: when it is full,
// nothing more is accepted for the moment, rather than a proof forgotten. A restart empties it: see `since`.
import { hash } from 'node:crypto';
import { ProblemError } from '@gatehouse/problem-details';

export class ReplayGuard {
  private young = new Set<string>();
  private old = new Set<string>();
  private turnedAt: number;

  /**
   * @param windowMs how long a proof could be shown again
   * @param maxProofs of one window
   * @param since of proofs that were made before it, this process knows nothing: the one before it may have taken them. In whole seconds, as `iat` is
   */
  constructor(
    readonly windowMs: number,
    private readonly maxProofs: number,
    now: number = Date.now(),
    readonly since: number = Math.ceil(performance.timeOrigin / 1_000) * 1_000,
  ) {
    this.turnedAt = now;
  }

  /**
   * Remembers a proof.
   * @returns false when it was shown before
   * @throws ProblemError 503 when the memory is full
   */
  take(jkt: string, jti: string, now: number = Date.now()): boolean {
    this.turn(now);
    const id = this.idOf(jkt, jti);
    if (this.young.has(id) || this.old.has(id)) return false;
    if (this.young.size + this.old.size >= this.maxProofs) {
      throw new ProblemError('dependency-unavailable', {
        headers: { 'retry-after': String(Math.ceil(this.windowMs / 1_000)) },
        cause: new Error('the memory of DPoP proofs is full'),
      });
    }
    this.young.add(id);
    return true;
  }

  /** A proof by 44 characters, however long its own id is. */
  idOf(jkt: string, jti: string): string {
    return hash('sha256', `${jkt} ${jti}`, 'base64');
  }

  private turn(now: number): void {
    const age = now - this.turnedAt;
    if (age < this.windowMs) return;
    this.old = age < 2 * this.windowMs ? this.young : new Set();
    this.young = new Set();
    this.turnedAt = now;
  }
}
