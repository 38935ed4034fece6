// Proofs that any replica has seen: one shown to another replica is a replay too (RFC 9449 §11.1). Each replica asks its own memory
// first, so what it saw itself it refuses whatever becomes of the shared one. While that is gone each goes on by its own alone, counted,
// except on routes that would rather be shut.
import { ProblemError } from '@gatehouse/problem-details';
import type { ReplayGuard } from './replay.guard.ts';

/** Marks that all replicas see: SharedValkey of @gatehouse/valkey is one. */
export interface ProofMemory {
  /** @returns false where the mark was there already. Rejects, soon, while it cannot be known. */
  setIfAbsent(key: string, expiresInMs: number): Promise<boolean>;
}

/** Clocks of replicas may differ by this much. */
const CLOCKS_MS = 5_000;

/** See the head of the file. */
export class SharedProofs {
  /** Proofs by the memory that decided; `local` counts those that another replica would not know. */
  readonly counts = { shared: 0, local: 0 };

  constructor(
    private readonly guard: ReplayGuard,
    private readonly memory?: ProofMemory,
  ) {}

  /**
   * Remembers a proof.
   * @returns false when it was shown before
   * @throws ProblemError 503 when it cannot be remembered, or not by all replicas and `failClosed`
   */
  async take(jkt: string, jti: string, now: number, failClosed: boolean): Promise<boolean> {
    if (!this.guard.take(jkt, jti, now)) return false;
    if (!this.memory) return true;
    try {
      const first = await this.memory.setIfAbsent(`dpop:${this.guard.idOf(jkt, jti)}`, this.guard.windowMs + CLOCKS_MS);
      this.counts.shared += 1;
      return first;
    } catch (cause) {
      if (failClosed) throw new ProblemError('dependency-unavailable', { headers: { 'retry-after': '1' }, cause });
      this.counts.local += 1;
      return true;
    }
  }
}
